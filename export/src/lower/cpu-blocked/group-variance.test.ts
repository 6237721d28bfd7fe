import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import { conv, groupVariance } from '../../graph/operators.js';
import { product } from '../../graph/sizes.js';
import { optimise } from '../../passes/optimise.js';
import { graphInput, graphOf } from '../../testing/graphs.js';
import { randomNumbers, SEED } from '../../testing/parity.js';
import { runGraph } from '../../testing/run-graph.js';
import { lower } from '../lower.js';
import { blockSize } from './block-size.js';
import { cpuBlocked } from './index.js';

const block = await blockSize();
const whereBlocked = test.skipIf(block === undefined);

const SHAPE = [2, 32, 6, 5] as const;
const [BATCH, CHANNELS, HEIGHT, WIDTH] = SHAPE;
const GROUPS = 8;
const SIZE = product(SHAPE) / BATCH / GROUPS;

const x = graphInput('x', [...SHAPE]);
const w = graphInput('w', [CHANNELS, CHANNELS, 1, 1]);
const offset = graphInput('offset', [1, CHANNELS, 1, 1]);
/** x in the layout, to the last bit: w is the identity. */
const image = conv(x, w, {
  kernel: [1, 1],
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  group: 1,
});
const identity = Float32Array.from({ length: CHANNELS ** 2 }, (_, i) => (i % (CHANNELS + 1) === 0 ? 1 : 0));

const random = randomNumbers(SEED);
const numbers = (length: number, mean: number) =>
  Float32Array.from({ length }, () => mean + 2 * random() - 1);

async function found(pixels: Float32Array, offsets: Float32Array): Promise<number[]> {
  const graph = graphOf([x, w, offset], { variance: groupVariance(image, GROUPS, offset) });
  const [{ data }] = (await runGraph(optimise(lower(optimise(graph), cpuBlocked(block!))), {
    x: new Tensor('float32', pixels, SHAPE),
    w: new Tensor('float32', identity, [CHANNELS, CHANNELS, 1, 1]),
    offset: new Tensor('float32', offsets, [1, CHANNELS, 1, 1]),
  })) as [Tensor];
  return [...(data as Float32Array)];
}

/** In double precision. */
function expected(pixels: Float32Array, offsets: Float32Array): number[] {
  const values = Array.from(pixels, (v, i) => v + offsets[Math.floor(i / (HEIGHT * WIDTH)) % CHANNELS]!);
  return Array.from({ length: BATCH * GROUPS }, (_, i) => {
    const group = values.slice(i * SIZE, (i + 1) * SIZE);
    const mean = group.reduce((sum, v) => sum + v, 0) / SIZE;
    return group.reduce((sum, v) => sum + (v - mean) ** 2, 0) / SIZE;
  });
}

/** The offset less the mean is one number for the whole channel, rounded: what float32 makes of a mean far from zero. */
const tolerance = (mean: number) => 3e-6 + 2 ** -23 * Math.abs(mean);

// A mean square less the square of a mean of 2,000 has no digit right, one of 30 three.
whereBlocked.each<[mean: number, offset: number]>([
  [0, 0],
  [1, -1],
  [30, 0],
  [0, 30],
  [2e3, 0],
  [0, 2e3],
  [-2e3, 2e3],
])('variances around means near %d with offsets near %d are right to float32', async (mean, moved) => {
  const [pixels, offsets] = [numbers(product(SHAPE), mean), numbers(CHANNELS, moved)];
  const variances = expected(pixels, offsets);
  const errors = (await found(pixels, offsets)).map((v, i) => Math.abs(v / variances[i]! - 1));
  expect(Math.max(...errors), `seed ${SEED}`).toBeLessThan(tolerance(Math.abs(mean) + Math.abs(moved)));
});

whereBlocked.each([0, 1e-3, 0.7, 1e6])('images of one grey, %d, have next to none', async (grey) => {
  const pixels = new Float32Array(product(SHAPE)).fill(grey);
  for (const variance of await found(pixels, new Float32Array(CHANNELS))) {
    expect(variance).toBeGreaterThanOrEqual(0);
    expect(variance).toBeLessThanOrEqual(1e-12 * grey ** 2);
  }
});

whereBlocked('where one image is far from zero, the others have their variances all the same', async () => {
  const pixels = numbers(product(SHAPE), 0);
  pixels.subarray(0, product(SHAPE) / BATCH).forEach((v, i, data) => (data[i] = v + 1e3));
  const offsets = numbers(CHANNELS, 0);
  const variances = expected(pixels, offsets);
  const errors = (await found(pixels, offsets)).map((v, i) => Math.abs(v / variances[i]! - 1));
  expect(Math.max(...errors), `seed ${SEED}`).toBeLessThan(tolerance(1e3));
});

whereBlocked('what is not a number stays so, in its image alone', async () => {
  const pixels = numbers(product(SHAPE), 0);
  pixels[0] = NaN;
  const variances = await found(pixels, new Float32Array(CHANNELS));
  expect(variances.map(Number.isNaN)).toEqual(variances.map((_, i) => i < GROUPS));
});
