import { NotOnnxError } from '@scorebridge/runtime';
import type { FileHandle } from 'node:fs/promises';
import { FIELD_HEAD, readFieldHead } from './field-head.js';

/** The bytes `from` to `to` of a file, `to` not included. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** A field of a protobuf message in a file. */
export interface FieldRange extends ByteRange {
  readonly number: number;
  /** Of a length-delimited field. */
  readonly content: ByteRange | undefined;
}

const WINDOW = 1 << 16;

/** A file that is read where it is looked at. */
export class OnnxFile {
  #window = new Uint8Array();
  #from = 0;

  constructor(
    private readonly file: FileHandle,
    readonly whole: ByteRange,
  ) {}

  /** These bytes; fewer where the file ends before them. Held until the next call. */
  async read({ from, to }: ByteRange): Promise<Uint8Array> {
    if (from < this.#from || to > this.#from + this.#window.length) {
      const window = new Uint8Array(Math.max(WINDOW, to - from));
      const { bytesRead } = await this.file.read(window, 0, window.length, from);
      [this.#from, this.#window] = [from, window.subarray(0, bytesRead)];
    }
    return this.#window.subarray(from - this.#from, to - this.#from);
  }

  /**
   * The fields of the message that these bytes are, one after the other; what is in them is not read.
   *
   * @throws NotOnnxError if the bytes are no message, or end before a field does
   */
  async *fields({ from, to }: ByteRange = this.whole): AsyncGenerator<FieldRange> {
    for (let at = from; at < to;) {
      const head = await this.read({ from: at, to: Math.min(to, at + FIELD_HEAD) });
      const { number, bytes, length, isDelimited } = readFieldHead(head);
      const start = at + bytes;
      const end = start + length;
      if (end > to)
        throw new NotOnnxError(
          `The file is not an ONNX model or is cut off: a field ends at byte ${end} of ${to}.`,
        );
      yield { number, from: at, to: end, content: isDelimited ? { from: start, to: end } : undefined };
      at = end;
    }
  }
}
