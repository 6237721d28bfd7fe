import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import type { Data } from '../graph/graph.js';
import { product } from '../graph/sizes.js';
import { halfToSingle } from '../onnx/half.js';
import type { WeightGroup, WeightSpec } from './model-json.js';

export interface Weight {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  readonly data: Exclude<Data, BigInt64Array>;
}

/** How many bytes each element takes in the file; strings and complex numbers are passed over. */
const STORED = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2, complex64: 8 } as const;

const storedSize = ({ dtype, shape, quantization }: WeightSpec): number =>
  product(shape) * STORED[quantization?.dtype ?? dtype];

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes read so far, and bytes in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Reads the weights of a model from the files beside it. Each file has to lie in the model's folder and to be as long
 * as its group's weights say, which is checked before anything is read; each weight is then read into the array that
 * it is kept in, so that no more memory is used than the weights take.
 *
 * @param modelPath the model.json
 * @throws Error that names the file or the weight that is wrong
 */
export async function readWeights(
  modelPath: string,
  groups: readonly WeightGroup[],
  { signal, onProgress }: ReadOptions = {},
): Promise<Map<string, Weight>> {
  const folder = await realpath(dirname(modelPath));
  const plans = [];
  for (const group of groups) plans.push({ group, files: await openable(folder, group) });
  const total = plans.reduce((sum, { files }) => sum + files.reduce((s, { size }) => s + size, 0), 0);
  let done = 0;
  const weights = new Map<string, Weight>();
  for (const { group, files } of plans) {
    const reader = new ConcatenatedFiles(files);
    try {
      for (const spec of group.weights) {
        signal?.throwIfAborted();
        const size = storedSize(spec);
        weights.set(spec.name, await readWeight(spec, size, reader));
        onProgress?.((done += size), total);
      }
    } finally {
      await reader.close();
    }
  }
  return weights;
}

interface File {
  /** As the manifest names it. */
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

/** The files of a group, each found, inside the folder, and together as long as the weights. */
async function openable(folder: string, { paths, weights }: WeightGroup): Promise<File[]> {
  const files: File[] = [];
  for (const name of paths) files.push(await inside(folder, name));
  const expected = weights.reduce((sum, spec) => sum + storedSize(spec), 0);
  const found = files.reduce((sum, { size }) => sum + size, 0);
  const names = paths.length > 3 ? `${paths[0]} to ${paths.at(-1)}` : paths.join(', ') || 'no file';
  if (found < expected)
    throw new Error(
      `The weights in ${names} take ${expected} bytes, but there are ${found}: a file is cut off, or not all are listed. Fetch the model again.`,
    );
  if (found > expected)
    throw new Error(
      `The weights in ${names} take ${expected} bytes, but there are ${found}: the files are not those of this model.json.`,
    );
  return files;
}

async function inside(folder: string, name: string): Promise<File> {
  const outside = (path: string) => {
    const way = relative(folder, path);
    return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
  };
  const refusal = `The weights manifest names ${name}, which leads out of the model's folder: weights are read from there alone.`;
  if (isAbsolute(name) || /^[a-z][a-z0-9+.-]*:/i.test(name) || name.includes('\0')) throw new Error(refusal);
  const path = join(folder, name);
  if (outside(path)) throw new Error(refusal);
  let real: string;
  try {
    real = await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      code === 'ENOENT'
        ? `The weights file ${name} is missing: it has to stand beside the model.json.`
        : `The weights file ${name} cannot be read (${code}).`,
      { cause: error },
    );
  }
  if (outside(real)) throw new Error(`${refusal.slice(0, -1)} (${basename(name)} is a link).`);
  const stats = await stat(real);
  if (!stats.isFile()) throw new Error(`The weights file ${name} is not a file.`);
  return { name, path: real, size: stats.size };
}

/** Reads files one after another as if they were one. */
class ConcatenatedFiles {
  private next = 0;
  private offset = 0;
  private handle: Awaited<ReturnType<typeof open>> | undefined;

  constructor(private readonly files: readonly File[]) {}

  async read(into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.length;) {
      const file = this.files[this.next]!;
      this.handle ??= await open(file.path, 'r');
      const want = Math.min(into.length - done, 2 ** 30);
      const { bytesRead } = await this.handle.read(into, done, want, this.offset);
      done += bytesRead;
      this.offset += bytesRead;
      if (this.offset >= file.size) await this.close();
      else if (bytesRead === 0)
        throw new Error(`The weights file ${file.name} became shorter while it was read.`);
    }
  }

  /** Goes on to the next file. */
  async close(): Promise<void> {
    await this.handle?.close();
    this.handle = undefined;
    this.next++;
    this.offset = 0;
  }
}

const bytesOf = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

async function readWeight(
  { name, dtype, shape, quantization }: WeightSpec,
  size: number,
  reader: ConcatenatedFiles,
): Promise<Weight> {
  const count = product(shape);
  const allocate = <T extends ArrayBufferView>(make: () => T): T => {
    try {
      return make();
    } catch (error) {
      throw new Error(`The weight ${name} of ${size} bytes is more than there is memory for.`, {
        cause: error,
      });
    }
  };
  const array = allocate(() =>
    dtype === 'bool'
      ? new Uint8Array(count)
      : dtype === 'int32'
        ? new Int32Array(count)
        : new Float32Array(count),
  );
  if (!quantization) {
    await reader.read(bytesOf(array));
    return { dtype, shape, data: array };
  }
  const stored = allocate(() =>
    quantization.dtype === 'uint8' ? new Uint8Array(count) : new Uint16Array(count),
  );
  await reader.read(bytesOf(stored));
  const { scale, min } = quantization;
  if (quantization.dtype === 'float16') halfToSingle(stored as Uint16Array, array);
  else if (dtype === 'float32') for (let i = 0; i < count; i++) array[i] = stored[i]! * scale + min;
  else for (let i = 0; i < count; i++) array[i] = Math.round(stored[i]! * scale + min);
  return { dtype, shape, data: array };
}
