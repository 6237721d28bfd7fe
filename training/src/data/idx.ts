import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** An array of bytes as an IDX file holds it, row-major. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const DATA_TYPES: Readonly<Record<number, string>> = {
  0x08: 'uint8',
  0x09: 'int8',
  0x0b: 'int16',
  0x0c: 'int32',
  0x0d: 'float32',
  0x0e: 'float64',
};

/**
 * Reads an IDX file of bytes, gzipped or not.
 *
 * @param rank the number of dimensions that it must have
 * @throws Error that names the file, what was expected and what was found
 */
export async function readIdx(path: string, rank: number): Promise<IdxArray> {
  let bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`Cannot read ${path} (${error.code}): expected an IDX file.`, { cause: error });
  });
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    bytes = await promisify(gunzip)(bytes).catch((error: Error) => {
      throw new Error(`${path} does not unpack as gzip (${error.message}): fetch it again.`, {
        cause: error,
      });
    });
  return parseIdx(bytes, rank, path);
}

/**
 * Parses the IDX format: two zero bytes, the data type, the number of dimensions, each dimension as a big-endian 32-bit
 * integer, the values.
 *
 * @param name what messages call the file
 * @throws Error that says what was expected and what was found
 */
export function parseIdx(bytes: Uint8Array, rank: number, name: string): IdxArray {
  const header = 4 + 4 * rank;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0)
    throw new Error(
      `${name} is not an IDX file: it should start with two zero bytes, ` +
        `found ${[...bytes.subarray(0, 2)].map((b) => b.toString(16).padStart(2, '0')).join(' ') || 'nothing'}.`,
    );
  const type = view.getUint8(2);
  if (type !== 0x08)
    throw new Error(
      `${name} holds ${DATA_TYPES[type] ?? `values of the unknown type ${type}`}; expected uint8.`,
    );
  if (view.getUint8(3) !== rank)
    throw new Error(`${name} has ${view.getUint8(3)} dimensions; expected ${rank}.`);
  if (bytes.length < header)
    throw new Error(`${name} is truncated: its header takes ${header} bytes, found ${bytes.length}.`);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = header + shape.reduce((product, n) => product * n, 1);
  if (bytes.length !== expected)
    throw new Error(
      `${name} ${bytes.length < expected ? 'is truncated' : 'has trailing bytes'}: its header says ` +
        `${shape.join(' x ')}, which takes ${expected} bytes, found ${bytes.length}.`,
    );
  return { shape, data: bytes.subarray(header) };
}
