import type { Attribute as GraphAttribute, Data, DataType, Graph, Node, Value } from '../graph/graph.js';
import type { Source } from '../graph/source.js';
import { attribute } from './attribute.js';
import { describeSource } from './describe-source.js';
import { encodeNode } from './encode-node.js';
import { Names } from './names.js';
import { packWeight, type PackedTensor, type WeightStorage } from './pack-weight.js';
import {
  ATTRIBUTE_TYPE,
  DATA_TYPE,
  type Attribute,
  type Dimension,
  type GraphMessage,
  type NodeMessage,
  type Tensor,
  type ValueInfo,
} from './schema.js';
import { findSizeExpression, printSizeExpression } from './size-expression.js';
import { SizeOperands, type OperandTarget } from './size-operands.js';

export interface GraphOptions {
  readonly opset: number;
  /** How weights are kept that the graph computes with in float32. */
  readonly weights?: WeightStorage;
  /**
   * Whether each node says which TensorFlow.js kernel and, where it is known, which layer and line of the program it
   * comes from, as metadata of the node, or below opset 21 in its description; true by default.
   */
  readonly sources?: boolean;
}

const asBytes = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const withoutDomain = (op: string): string => op.slice(op.indexOf(':') + 1);

/** The name of what an operator does for a layer. */
const nameIn = (source: Source | undefined, op: string): string | undefined =>
  source?.layer && `${source.layer.name}/${withoutDomain(op)}`;

/** Writes one graph: the model's, or a body. */
export class GraphWriter implements OperandTarget {
  private readonly names: Names;
  private readonly nodeNames: Names;
  private readonly named = new Map<Value, string>();
  private readonly nodes: NodeMessage[] = [];
  private readonly initializers: Tensor[] = [];
  private readonly sizes: SizeOperands;
  /** The operator sets beyond ONNX's own that nodes were written of. */
  readonly domains: Set<string>;

  constructor(
    private readonly graph: Graph,
    private readonly options: GraphOptions,
    /** That of the graph around a body. */
    private readonly around?: GraphWriter,
  ) {
    this.names = around?.names ?? new Names();
    this.nodeNames = around?.nodeNames ?? new Names();
    this.domains = around?.domains ?? new Set();
    this.sizes = new SizeOperands(graph, this, options.opset, around?.sizes);
  }

  write(name: string): GraphMessage {
    const { inputs, outputs } = this.graph;
    for (const input of inputs) this.named.set(input, this.names.take(input.name ?? 'input'));
    for (const { name } of outputs) this.names.reserve(name);
    this.encodeTo(outputs);
    return this.message(name, inputs, outputs);
  }

  /** What was written, as a graph of these inputs and outputs. */
  private message(name: string, inputs: readonly Value[], outputs: Graph['outputs']): GraphMessage {
    return {
      name,
      node: this.nodes,
      initializer: this.initializers,
      input: inputs.map((value) => this.valueInfo(this.name(value), value)),
      output: outputs.map(({ name, value }) => this.valueInfo(name, value)),
    };
  }

  private encodeTo(outputs: Graph['outputs']): void {
    const outputNames = new Map<Value, string>();
    for (const { name, value } of outputs) {
      if (value.producer && !outputNames.has(value)) outputNames.set(value, name);
    }
    for (const [value, name] of outputNames) this.named.set(value, name);
    this.encodeAll(this.graph.nodes);
    for (const { name, value } of outputs) {
      // An output that is an input, a constant or another output as well.
      if (this.name(value) !== name) this.push('Identity', [this.name(value)], [name], {});
    }
  }

  /** A body of a node, whose last inputs stand for the values of this graph that it reads. */
  private encodeBody(name: string, body: Graph, captured: readonly Value[]): GraphMessage {
    const inside = new GraphWriter(body, this.options, this);
    const own = body.inputs.slice(0, body.inputs.length - captured.length);
    for (const input of own) inside.named.set(input, this.names.take(input.name ?? 'input'));
    captured.forEach((value, i) => inside.named.set(body.inputs[own.length + i]!, this.name(value)));
    const outputs = body.outputs.map(({ name, value }) => ({ name: this.names.take(name), value }));
    inside.encodeTo(outputs);
    return inside.message(name, own, outputs);
  }

  /**
   * Writes the nodes in their order, but one that waits for a size that only the data tell after the node that makes
   * it: a number has no inputs that would say so.
   */
  private encodeAll(nodes: readonly Node[]): void {
    let waiting: { readonly node: Node; readonly error: unknown }[] = [];
    const attempt = (node: Node): boolean => {
      try {
        this.encode(node);
        return true;
      } catch (error) {
        waiting.push({ node, error });
        return false;
      }
    };
    for (const node of nodes) {
      let known = this.sizes.known;
      if (!attempt(node)) continue;
      while (waiting.length > 0 && this.sizes.known > known) {
        known = this.sizes.known;
        const again = waiting;
        waiting = [];
        for (const { node } of again) attempt(node);
      }
    }
    if (waiting.length > 0) throw waiting[0]!.error;
  }

  private encode(node: Node): void {
    this.sizes.node = node;
    const { op, operands, attrs, omitted } = encodeNode(node, this.sizes);
    const captures = (attrs['captures'] as number | undefined) ?? 0;
    const own = node.inputs.slice(0, node.inputs.length - captures);
    const captured = node.inputs.slice(own.length);
    const inputs = [...own.map((value) => this.name(value)), ...operands];
    if (omitted !== undefined) inputs.splice(omitted, 0, '');
    const bodies = Object.entries(node.bodies ?? {}).map(([name, body]) => ({
      name,
      type: ATTRIBUTE_TYPE.graph,
      g: this.encodeBody(name, body, captured),
    }));
    const outputs = node.outputs.map((value) => this.named.get(value) ?? this.nameOutput(node, value));
    this.push(op, inputs, outputs, attrs, node.source, bodies);
    for (const output of node.outputs) this.sizes.measure(output);
  }

  private nameOutput(node: Node, value: Value): string {
    const { source, op } = node;
    const name = this.names.take(value.name ?? nameIn(source, op) ?? source?.kernel ?? withoutDomain(op));
    this.named.set(value, name);
    return name;
  }

  /** The name of a value; a constant becomes an initializer the first time that it is asked for. */
  name(value: Value): string {
    const known = this.known(value);
    if (known !== undefined) return known;
    if (!value.data) throw new Error('A node reads a value that no node before it makes.');
    const name =
      this.weight(value) ?? this.initializer(value.dtype, value.shape, value.data, value.name ?? 'constant');
    this.named.set(value, name);
    return name;
  }

  private known(value: Value): string | undefined {
    return this.named.get(value) ?? this.around?.known(value);
  }

  /** A weight that is kept in fewer bits, and the node that makes float32 of it. */
  private weight({ dtype, shape, data, name = 'constant' }: Value): string | undefined {
    const packed =
      dtype === 'float32' && packWeight(data as Float32Array, shape, this.options.weights ?? 'float32');
    if (!packed) return undefined;
    const output = this.names.take(name);
    const add = (part: PackedTensor, suffix: string) => {
      const taken = this.names.take(`${name}:${suffix}`);
      this.initializers.push({
        name: taken,
        dims: [...part.dims],
        dataType: part.dataType,
        rawData: asBytes(part.data),
      });
      return taken;
    };
    this.push(
      packed.op,
      packed.parts.map(({ suffix, ...part }) => add(part, suffix)),
      [output],
      packed.attrs,
    );
    return output;
  }

  initializer(dtype: DataType, dims: readonly number[], data: Data, name: string): string {
    const taken = this.names.take(name);
    this.initializers.push({
      name: taken,
      dims: [...dims],
      dataType: DATA_TYPE[dtype],
      rawData: asBytes(data),
    });
    return taken;
  }

  private push(
    op: string,
    input: string[],
    output: string[],
    attrs: Readonly<Record<string, GraphAttribute>>,
    source?: Source,
    bodies: readonly Attribute[] = [],
  ): void {
    const opType = withoutDomain(op);
    const domain = op.slice(0, -opType.length - 1);
    if (domain) this.domains.add(domain);
    while (input.at(-1) === '') input.pop();
    this.nodes.push({
      input,
      output,
      opType,
      domain,
      name: this.nodeNames.take(nameIn(source, op) ?? output[0]!),
      attribute: [
        ...Object.entries(attrs)
          .filter(([name]) => name !== 'captures')
          .map(([name, value]) => attribute(name, value)),
        ...bodies,
      ],
      ...(source && this.options.sources !== false && describeSource(source, this.options.opset)),
    });
  }

  private valueInfo(name: string, value: Value): ValueInfo {
    const dim = value.shape.map((_, i): Dimension => {
      const measured = value.shapes.map((s) => s[i]!);
      const expression = findSizeExpression(measured, this.graph.symbols ?? {});
      if (typeof expression === 'number') return { dimValue: expression };
      // A size that only the data tell has a name of its own.
      return { dimParam: (expression && printSizeExpression(expression)) ?? `${name}_${i}` };
    });
    return { name, type: { tensorType: { elemType: DATA_TYPE[value.dtype], shape: { dim } } } };
  }

  apply(op: string, inputs: string[], attrs: Readonly<Record<string, GraphAttribute>>): string {
    const name = this.names.take(op.toLowerCase());
    this.push(op, inputs, [name], attrs);
    return name;
  }
}
