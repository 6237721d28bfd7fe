import protobuf from 'protobufjs';

/** The fields of onnx.proto that nodes are found by; what is left out is skipped. */
const ModelProto = protobuf.Root.fromJSON({
  nested: {
    AttributeProto: {
      fields: { g: { id: 6, type: 'GraphProto' }, graphs: { id: 11, type: 'GraphProto', rule: 'repeated' } },
    },
    NodeProto: { fields: { attribute: { id: 5, type: 'AttributeProto', rule: 'repeated' } } },
    GraphProto: { fields: { node: { id: 1, type: 'NodeProto', rule: 'repeated' } } },
    ModelProto: { fields: { graph: { id: 7, type: 'GraphProto' } } },
  },
}).lookupType('ModelProto');

interface Graph {
  readonly node?: readonly {
    readonly attribute?: readonly { readonly g?: Graph; readonly graphs?: readonly Graph[] }[];
  }[];
}

const count = ({ node = [] }: Graph): number =>
  node
    .flatMap(({ attribute = [] }) => attribute)
    .flatMap(({ g, graphs = [] }) => (g ? [g, ...graphs] : graphs))
    .reduce((sum, body) => sum + count(body), node.length);

/** How many nodes an ONNX file has, those of the bodies of branches and loops included. */
export const countNodes = (model: Uint8Array): number =>
  count((ModelProto.decode(model) as unknown as { graph: Graph }).graph);
