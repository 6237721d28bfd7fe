import { uniforms } from '@scorebridge/runtime';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const COUNT = 40;

/** Writes the training half of a data set in MNIST's files into a new folder: 40 images of noise, labelled 0 to 9. */
export async function writeNoiseDigits(at: string): Promise<void> {
  const words = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer).swap32();
  const pixels = uniforms(new Float32Array(COUNT * 784), { seed: 1 }).map((u) => Math.floor(256 * u));
  await mkdir(at);
  await writeFile(
    join(at, 'train-images-idx3-ubyte'),
    Buffer.concat([words(0x803, COUNT, 28, 28), Buffer.from(pixels)]),
  );
  await writeFile(
    join(at, 'train-labels-idx1-ubyte'),
    Buffer.concat([words(0x801, COUNT), Buffer.from(Array.from({ length: COUNT }, (_, i) => i % 10))]),
  );
}
