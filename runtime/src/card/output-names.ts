import { graphValues } from './graph-values.js';

/**
 * The names of the outputs of an ONNX file, read without decoding its nodes and weights.
 *
 * @throws NotOnnxError if the bytes are not an ONNX model or end before one of its fields does.
 */
export const outputNames = (bytes: Uint8Array): string[] =>
  graphValues(bytes).outputs.map(({ name }) => name);
