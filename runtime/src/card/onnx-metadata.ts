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
  for (let at = 0; at < bytes.length;) {
    const { number, value, contentStart, end } = fieldAt(bytes, at);
    if (end > bytes.length)
      throw new NotOnnxError(
        `The file is not an ONNX model or is cut off: a field ends at byte ${end} of ${bytes.length}.`,
      );
    const content = contentStart === undefined ? undefined : bytes.subarray(contentStart, end);
    found.push({ number, ...(value !== undefined && { value }), ...(content && { content }) });
    at = end;
  }
  return found;
}

/** Where a field of a protobuf message lies, as offsets into its bytes. */
interface FieldPlace {
  number: number;
  /** Of a varint, exact up to 2^53. */
  value?: number;
  /** Of a length-delimited field. */
  contentStart?: number;
  /** Behind its last byte, which may be further than the bytes go. */
  end: number;
}

function fieldAt(bytes: Uint8Array, start: number): FieldPlace {
  let at = start;
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
  const tag = varint();
  const number = Math.floor(tag / 8);
  if (number === 0 || number >= 2 ** 29) throw new NotOnnxError('The file is not an ONNX model.');
  switch (tag % 8) {
    case 0: {
      const value = varint();
      return { number, value, end: at };
    }
    case 1:
      return { number, end: at + 8 };
    case 2: {
      const length = varint();
      return { number, contentStart: at, end: at + length };
    }
    case 5:
      return { number, end: at + 4 };
    default:
      throw new NotOnnxError('The file is not an ONNX model.');
  }
}
