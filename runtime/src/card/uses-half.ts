import { type Field, fields } from './onnx-metadata.js';

// Field numbers of ModelProto, GraphProto and TensorProto in onnx.proto, and float16 in TensorProto.DataType.
const GRAPH = 7;
const INITIALIZER = 5;
const DATA_TYPE = 2;
const FLOAT16 = 10;

/** Whether an ONNX file has weights of float16; false of what is no ONNX file. */
export function usesHalf(bytes: Uint8Array): boolean {
  const within = (parts: Field[], wanted: number) =>
    parts.flatMap(({ number, content }) => (number === wanted && content ? [fields(content)] : []));
  try {
    return within(fields(bytes), GRAPH).some((graph) =>
      within(graph, INITIALIZER).some((tensor) =>
        tensor.some(({ number, value }) => number === DATA_TYPE && value === FLOAT16),
      ),
    );
  } catch {
    return false;
  }
}
