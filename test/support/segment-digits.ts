import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sevenSegments } from './tiny-models.js';

const COUNT = 40;

/** Writes both halves of a data set in MNIST's files: each digit four times, as a seven-segment display shows it. */
export async function writeSegmentDigits(at: string): Promise<void> {
  const header = (...words: number[]) => Buffer.from(Uint32Array.from(words).buffer).swap32();
  const labels = Array.from({ length: COUNT }, (_, i) => Math.floor(i / 4));
  const pixels = labels.flatMap((digit) => [...sevenSegments(digit).map((v) => (v + 1) * 127.5)]);
  await mkdir(at);
  for (const half of ['train', 't10k']) {
    const images = Buffer.concat([header(2051, COUNT, 28, 28), Buffer.from(pixels)]);
    await writeFile(join(at, `${half}-images-idx3-ubyte`), images);
    const classes = Buffer.concat([header(2049, COUNT), Buffer.from(labels)]);
    await writeFile(join(at, `${half}-labels-idx1-ubyte`), classes);
  }
}
