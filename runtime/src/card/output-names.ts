import { decode, fields } from './onnx-metadata.js';

// Field numbers of ModelProto, GraphProto and ValueInfoProto in onnx.proto.
const GRAPH = 7;
const OUTPUT = 12;
const NAME = 1;

/**
 * The names of the outputs of an ONNX file, read without decoding its nodes and weights.
 *
 * @throws NotOnnxError if the bytes are not an ONNX model or end before one of its fields does.
 */
export function outputNames(bytes: Uint8Array): string[] {
  const within = (message: Uint8Array, wanted: number) =>
    fields(message).flatMap(({ number, content }) => (number === wanted && content ? [content] : []));
  return within(bytes, GRAPH)
    .flatMap((graph) => within(graph, OUTPUT))
    .map((output) => decode(within(output, NAME)[0]));
}
