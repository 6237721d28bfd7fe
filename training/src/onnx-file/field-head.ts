import { NotOnnxError } from '@scorebridge/runtime';
import protobuf from 'protobufjs';

/** The most bytes of a field's head: a tag, and a length or a number. */
export const FIELD_HEAD = 20;

/** What stands before the content of a field of a protobuf message. */
export interface FieldHead {
  readonly number: number;
  /** Of the head itself. */
  readonly bytes: number;
  /** Of what stands behind it, in bytes. */
  readonly length: number;
  readonly isDelimited: boolean;
}

const [VARINT, FIXED64, DELIMITED, FIXED32] = [0, 1, 2, 5];

/**
 * Reads the head of the field that begins with these bytes.
 *
 * @throws NotOnnxError if no field does
 */
export function readFieldHead(bytes: Uint8Array): FieldHead {
  const reader = protobuf.Reader.create(bytes);
  try {
    const tag = reader.uint32();
    const [number, type] = [tag >>> 3, tag & 7];
    const head = (length: number) => ({ number, bytes: reader.pos, length, isDelimited: type === DELIMITED });
    if (number > 0)
      switch (type) {
        case VARINT:
          reader.skipType(VARINT);
          return head(0);
        case FIXED64:
          return head(8);
        case DELIMITED:
          return head(Number(String(reader.uint64())));
        case FIXED32:
          return head(4);
      }
  } catch (cause) {
    throw new NotOnnxError('The file is not an ONNX model or is cut off.', { cause });
  }
  throw new NotOnnxError('The file is not an ONNX model.');
}
