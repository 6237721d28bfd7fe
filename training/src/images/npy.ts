import { readFile } from 'node:fs/promises';
import { writeAtomically } from '../files/write-atomically.js';

const MAGIC = '\x93NUMPY';

/** A dense float32 array in C order, as NumPy's `.npy` files hold it. */
export interface NpyArray {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/**
 * Encodes a float32 array as `.npy`, format 1.0: magic, version, header length, a Python literal padded with
 * spaces so that the data start on a multiple of 64 bytes, then the values, little-endian, C order.
 *
 * @throws RangeError when the data do not fill the shape
 */
export function encodeNpy({ data, shape }: NpyArray): Uint8Array {
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (size !== data.length)
    throw new RangeError(
      `An array of shape [${shape.join(', ')}] needs ${size} values, found ${data.length}.`,
    );
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const literal = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = Math.ceil((10 + literal.length + 1) / 64) * 64;
  const bytes = Buffer.alloc(start + 4 * data.length);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt8(1, 6);
  bytes.writeUInt16LE(start - 10, 8);
  bytes.write(literal.padEnd(start - 11) + '\n', 10, 'latin1');
  data.forEach((value, i) => bytes.writeFloatLE(value, start + 4 * i));
  return bytes;
}

/**
 * Decodes a `.npy` file of format 1.x, 2.x or 3.x that holds little-endian float32 in C order.
 *
 * @throws Error when it is another kind of file, another type or order, or its length does not fit its shape
 */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 12 || file.toString('latin1', 0, 6) !== MAGIC)
    throw new Error('This is not a .npy file: it does not begin with \\x93NUMPY.');
  const wide = file.readUInt8(6) > 1;
  const headerStart = wide ? 12 : 10;
  const start = headerStart + (wide ? file.readUInt32LE(8) : file.readUInt16LE(8));
  const header = file.toString('utf8', headerStart, start);
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (shape === undefined || !/'descr':\s*'<f4'/.test(header) || !/'fortran_order':\s*False/.test(header))
    throw new Error(
      `Only little-endian float32 in C order can be read from .npy, found ${header.trim()}: save with x.astype('<f4', order='C').`,
    );
  const extents = shape
    .split(',')
    .filter((part) => part.trim())
    .map(Number);
  const size = extents.reduce((product, extent) => product * extent, 1);
  if (file.length !== start + 4 * size)
    throw new Error(
      `A .npy file of shape [${extents.join(', ')}] has ${start + 4 * size} bytes, found ${file.length}: it is cut short or altered.`,
    );
  const data = Float32Array.from({ length: size }, (_, i) => file.readFloatLE(start + 4 * i));
  return { data, shape: extents };
}

/** Writes a float32 array as a `.npy` file, whole or not at all. */
export const writeNpy = (path: string, array: NpyArray): Promise<void> =>
  writeAtomically(path, encodeNpy(array));

/** Reads a float32 array from a `.npy` file; see {@link decodeNpy} for what is refused. */
export const readNpy = async (path: string): Promise<NpyArray> => decodeNpy(await readFile(path));
