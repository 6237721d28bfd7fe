import { cosineBetas, posteriorLogVariances } from '@scorebridge/runtime';
import type { BitsPerDim } from '@scorebridge/training';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { scorebridge } from './support/command.js';
import { expectRefused } from './support/expect-refused.js';
import { modelsFolder } from './support/models-folder.js';
import { writeSegmentDigits } from './support/segment-digits.js';
import { sevenSegments } from './support/tiny-models.js';

const ncsn = new URL('../web-demo/public/models/mnist-ncsn.onnx', import.meta.url);

/** The integral of f from a to b. */
function simpson(f: (z: number) => number, a: number, b: number, n = 100): number {
  const h = (b - a) / n;
  const weight = (i: number) => (i === 0 || i === n ? 1 : i % 2 ? 4 : 2);
  return Array.from({ length: n + 1 }, (_, i) => (weight(i) * f(a + i * h) * h) / 3).reduce(
    (x, y) => x + y,
    0,
  );
}

let folder: string;

beforeAll(async () => {
  folder = await modelsFolder();
  await writeSegmentDigits(join(folder, 'mnist'));
});

test('--bits-per-dim: of a model that knows its pictures, what the decoder alone leaves open', async () => {
  const bits = ['evaluate', 'model.onnx', '--bits-per-dim', '--data', 'mnist', '--count', '20'];
  const { code, stdout, stderr } = await scorebridge(folder, [...bits, '--steps', '4', '--json']);
  expect([code, stderr]).toEqual([0, '']);
  const found = JSON.parse(stdout) as BitsPerDim & { count: number; labelled: boolean; terms: BitsPerDim };
  expect(found).toMatchObject({ count: 20, labelled: true, steps: 4, variance: 'small' });
  // All pixels are black or white, and known: each has the decoder's mass up to half a bin beyond it.
  const std = Math.exp(posteriorLogVariances(cosineBetas({ T: 1000 }))[1]! / 2);
  const inner = simpson((z) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI), 0, 1 / 255 / std);
  expect(found.terms.decoder).toBeCloseTo(-Math.log2(0.5 + inner), 3);
  expect(found.terms.denoising).toBeLessThan(0.01);
  expect(found.terms.prior).toBeLessThan(0.01);
  expect(found.bitsPerDim).toBeCloseTo(found.terms.decoder, 1);
  expect(found.standardError).toBeLessThan(0.01);

  const words = await scorebridge(folder, [...bits, '--label', 'none', '--variance', 'large']);
  expect(words.code, words.stderr).toBe(0);
  expect(words.stdout).toMatch(/^20 test digits at 20 of 1000 time steps each on cpu/);
  const [, total] = /bits per dimension, at most\s+([\d.]+) \+- [\d.]+\n/.exec(words.stdout)!;
  // Without a label it expects a black picture.
  expect(Number(total)).toBeGreaterThan(10 * found.bitsPerDim);
});

test('--likelihood: of an energy model without its product, the closed form', async () => {
  const args = ['evaluate', 'energy.onnx', '--likelihood', '--data', 'mnist', '--json'];
  const { code, stdout, stderr } = await scorebridge(folder, [...args, '--count', '4', '--seeds', '2']);
  expect(code, stderr).toBe(0);
  const found = JSON.parse(stdout) as { bitsPerDim: number };
  expect(found).toMatchObject({
    count: 4,
    labelled: false,
    probes: 1,
    seeds: 2,
    derivative: 'differences',
  });
  expect(stderr).toContain('by central differences');
  // x - 1/4 grows by g along the ODE, which ends at N(0, 1); a byte is spread over a bin of width w.
  const g = Math.sqrt((0.25 + 1) / (0.25 + 0.01));
  const w = 2 / 255;
  const squares = [0, 2, 5, 7].flatMap((digit) =>
    [...sevenSegments(digit)].map((x) => (0.25 + (x - 0.25) * g) ** 2 + (g * w) ** 2 / 12),
  );
  const square = squares.reduce((sum, value) => sum + value / squares.length, 0);
  const nats = square / 2 + Math.log(2 * Math.PI) / 2 - Math.log(g) - Math.log(w);
  expect(Math.abs(found.bitsPerDim - nats / Math.LN2)).toBeLessThan(0.01);
});

test.each([
  ['of a ve model', [fileURLToPath(ncsn)], "this one's process is ve"],
  [
    'with a variance that was not learned',
    ['model.onnx', '--variance', 'learned'],
    'asked for the variance that the model has learned, and it has learned none',
  ],
  [
    'with guidance',
    ['model.onnx', '--guidance', '1'],
    'leave --guidance, --guide, --sampler and its options out',
  ],
  ['with several seeds', ['model.onnx', '--seeds', '3'], 'leave --seeds out'],
  ['with probes', ['model.onnx', '--probes', '3'], 'are for --likelihood'],
  ['and --likelihood', ['model.onnx', '--likelihood'], 'ask for one of them'],
  ['with one label for all', ['model.onnx', '--label', '3'], 'each test digit has its own label'],
  ['of one digit', ['model.onnx', '--count', '1'], 'at least two digits'],
  ['at a single time step', ['model.onnx', '--steps', '1'], 'expected an integer from 2 to 1000'],
])('--bits-per-dim %s: refused in one line', (_, more, sentence) =>
  expectRefused(folder, ['evaluate', '--bits-per-dim', '--data', 'mnist', ...more], sentence),
);
