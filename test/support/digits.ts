import { uniforms } from '@scorebridge/runtime';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const COUNT = 40;

/** Writes the training half of a data set in MNIST's files, of noise. */
export async function writeDigits(at: string): Promise<void> {
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

const network = ['--set', 'network.base=16', '--set', 'network.attention=[]', '--set', 'warmup=1'];

/** A training run of a small network on what `writeDigits` wrote to `digits`, on one thread. */
export const quickstart = (...args: string[]): string[] => [
  'train',
  'quickstart',
  ...['--data', 'digits', '--batch', '4', '--threads', '1'],
  ...network,
  ...args,
];
