/** Bytes that are no ONNX model. */
export class NotOnnxError extends Error {
  override readonly name = 'NotOnnxError';
}

// Field numbers of ModelProto and StringStringEntryProto in onnx.proto.
const IR_VERSION = 1;
const GRAPH = 7;
const METADATA_PROPS = 14;
const KEY = 1;
const VALUE = 2;

/**
 * The `metadata_props` of an ONNX file, read by walking over the fields of its outermost message: the graph and its
 * weights are skipped, not decoded.
 *
 * @throws NotOnnxError if the bytes are not an ONNX model or end before one of its fields does.
 */
export function readMetadata(bytes: Uint8Array): Record<string, string> {
  const metadata: Record<string, string> = {};
  const seen = new Set<number>();
  for (const { number, content } of fields(bytes)) {
    seen.add(number);
    if (number === METADATA_PROPS && content) {
      const entry = Object.fromEntries(fields(content).map((field) => [field.number, field.content]));
      metadata[decode(entry[KEY])] = decode(entry[VALUE]);
    }
  }
  if (!seen.has(IR_VERSION) || !seen.has(GRAPH)) throw new NotOnnxError('The file is not an ONNX model.');
  return metadata;
}

export const decode = (content: Uint8Array | undefined) => new TextDecoder().decode(content);

export interface Field {
  number: number;
  /** Of a length-delimited field. */
  content?: Uint8Array;
  /** Of a varint, exact up to 2^53; those of fixed length are not needed. */
  value?: number;
}

/** The fields of a protobuf message, contents as views into it. */
export function fields(bytes: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new NotOnnxError('The file is not an ONNX model or is cut off.');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      if (scale >= 2 ** 63) throw new NotOnnxError('The file is not an ONNX model.');
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (number === 0 || number >= 2 ** 29) throw new NotOnnxError('The file is not an ONNX model.');
    const field: Field = { number };
    if (wireType === 0) {
      field.value = varint();
    } else if (wireType === 1) {
      at += 8;
    } else if (wireType === 2) {
      const length = varint();
      field.content = bytes.subarray(at, at + length);
      at += length;
    } else if (wireType === 5) {
      at += 4;
    } else {
      throw new NotOnnxError('The file is not an ONNX model.');
    }
    if (at > bytes.length) {
      throw new NotOnnxError(
        `The file is not an ONNX model or is cut off: a field ends at byte ${at} of ${bytes.length}.`,
      );
    }
    found.push(field);
  }
  return found;
}
