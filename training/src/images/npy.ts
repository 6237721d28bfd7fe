import { open, type FileHandle } from 'node:fs/promises';
import { writeAtomically } from '../files/write-atomically.js';

const MAGIC = '\x93NUMPY';
/** Bytes that are read at a time; a single read takes no more than 2 GB. */
const PIECE = 2 ** 24;
/** NumPy itself writes and reads headers of up to 10,000 characters. */
const LONGEST_HEADER = 2 ** 16;

/** The kinds of values that can be read: what holds them here, and how NumPy makes them. */
const TYPES = {
  '<f4': { array: Float32Array, name: 'little-endian float32' },
  '|u1': { array: Uint8Array, name: 'uint8' },
  '<i4': { array: Int32Array, name: 'int32' },
  '<i8': { array: BigInt64Array, name: 'int64' },
} as const;

/** The type of an array's values, as NumPy writes it. */
export type NpyType = keyof typeof TYPES;

interface Values {
  '<f4': Float32Array;
  '|u1': Uint8Array;
  '<i4': Int32Array;
  '<i8': BigInt64Array;
}

/** A dense array in C order, as NumPy's `.npy` files hold it. */
export interface NpyArray<T extends NpyType = '<f4'> {
  readonly data: Values[T];
  readonly shape: readonly number[];
}

/** What a `.npy` file says of its array. */
export interface NpyHeader<T extends NpyType = NpyType> {
  readonly type: T;
  readonly shape: readonly number[];
  /** Number of values. */
  readonly size: number;
  /** Bytes of a value. */
  readonly valueBytes: number;
  /** The byte at which the values start. */
  readonly start: number;
}

/**
 * Encodes a float32 array as `.npy`, format 1.0: magic, version, header length, a Python literal padded with
 * spaces so that the data start on a multiple of 64 bytes, then the values, little-endian, C order.
 *
 * @throws RangeError when the data do not fill the shape
 */
export function encodeNpy({ data, shape }: NpyArray): Uint8Array {
  const size = sizeOf(shape);
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

/** Writes a float32 array as a `.npy` file, whole or not at all. */
export const writeNpy = (path: string, array: NpyArray): Promise<void> =>
  writeAtomically(path, encodeNpy(array));

/**
 * Reads the header of a `.npy` file of format 1.x, 2.x or 3.x, and looks whether its length is right.
 *
 * @param types those that the caller can use
 * @throws Error in one sentence when it is another kind of file, of another type or order, or its length does not fit its shape
 */
export async function readNpyHeader<T extends NpyType>(
  path: string,
  types: readonly T[],
): Promise<NpyHeader<T>> {
  const file = await openFile(path);
  try {
    return await headerOf(file, path, types);
  } finally {
    await file.close();
  }
}

export interface ReadNpyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of the bytes that have been read. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Reads an array from a `.npy` file; see {@link readNpyHeader} for what is refused.
 *
 * @throws also the signal's reason
 */
export async function readNpy<T extends NpyType>(
  path: string,
  types: readonly T[],
  { signal, onProgress }: ReadNpyOptions = {},
): Promise<NpyArray<T>> {
  const file = await openFile(path);
  try {
    const { type, shape, size, valueBytes, start } = await headerOf(file, path, types);
    const data = new TYPES[type].array(size);
    // Into the values themselves: every processor that ONNX Runtime is built for is little-endian, as the file is.
    for (let at = 0; at < size * valueBytes;) {
      signal?.throwIfAborted();
      const piece = new Uint8Array(data.buffer, at, Math.min(PIECE, size * valueBytes - at));
      const { bytesRead } = await file.read(piece, 0, piece.length, start + at);
      if (bytesRead === 0) throw new Error(`${path} has become shorter while it was read.`);
      at += bytesRead;
      onProgress?.(at, size * valueBytes);
    }
    return { data: data as Values[T], shape };
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  return open(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`Cannot read ${path} (${error.code}): expected a .npy file.`, { cause: error });
  });
}

async function headerOf<T extends NpyType>(
  file: FileHandle,
  path: string,
  types: readonly T[],
): Promise<NpyHeader<T>> {
  const stats = await file.stat();
  if (stats.isDirectory()) throw new Error(`${path} is a folder; expected a .npy file.`);
  const bytes = Buffer.alloc(Math.min(stats.size, LONGEST_HEADER));
  await file.read(bytes, 0, bytes.length, 0);
  if (bytes.length < 12 || bytes.toString('latin1', 0, 6) !== MAGIC)
    throw new Error(`${path} is not a .npy file: it does not begin with \\x93NUMPY.`);
  const wide = bytes.readUInt8(6) > 1;
  const headerStart = wide ? 12 : 10;
  const start = headerStart + (wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  const text = bytes.toString('utf8', headerStart, start).trim();
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const tuple = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (start > bytes.length || order === undefined || tuple === undefined)
    throw new Error(
      `${path} has a damaged header: expected descr, fortran_order and shape in ${start} bytes.`,
    );
  const type = types.find((type) => type === descr);
  if (type === undefined)
    throw new Error(
      `${path} holds values of type ${descr ?? 'unknown'}; expected ${types.map((type) => `${TYPES[type].name} (${type})`).join(' or ')}: ` +
        `save it with x.astype('${types[0]}').`,
    );
  if (order === 'True')
    throw new Error(
      `${path} is in Fortran order; expected C order: save it with numpy.ascontiguousarray(x).`,
    );
  const shape = tuple
    .split(',')
    .filter((part) => part.trim())
    .map(Number);
  const size = sizeOf(shape);
  const valueBytes = TYPES[type].array.BYTES_PER_ELEMENT;
  const expected = start + size * valueBytes;
  if (stats.size !== expected)
    throw new Error(
      `${path} ${stats.size < expected ? 'is truncated' : 'has trailing bytes'}: an array of shape ` +
        `[${shape.join(', ')}] takes ${expected} bytes, found ${stats.size}.`,
    );
  return { type, shape, size, valueBytes, start };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
