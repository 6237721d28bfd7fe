import { alphaBars, cosineBetas, ddpm, normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { build } from '../build.js';
import { parseConfig } from '../config/parse-config.js';
import { initialise } from '../models/parameters.js';
import { sampleGrid } from './sample-grid.js';

const seed = 5;
const T = 4;
const config = parseConfig(
  { name: 'tiny', network: { base: 8, groups: 4, attention: [] }, process: { schedule: { T } } },
  'tiny',
);
const built = build(config);
/** A last layer of zeros, so that the network's v is 0 whatever it sees. */
const zeroV = initialise(built.network.specs, seed);
const moved = normals(zeroV.slice(), { seed }).map((z, i) => zeroV[i]! + 0.1 * z);
const facts = { step: 3, engine: 'compiled', command: 'none' };

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test('of a network that predicts v = 0 the sample is what the sampler makes of x_0 = sqrt(abar) x', async () => {
  const options = { sampler: ddpm({ clip: false }), count: 3, seed, labels: [7, 8, 9], steps: 1 };
  const bitmap = await sampleGrid(built, zeroV, facts, { ...options, provider: 'cpu' });
  // Three columns of 28 pixels twice as large, 2 pixels on either side, which are as large.
  expect([bitmap.width, bitmap.height, bitmap.channels]).toEqual([2 * (3 * 30 + 2), 2 * 32, 1]);
  const root = Math.sqrt(alphaBars(cosineBetas({ T }))[T]!);
  for (let i = 0; i < 3; i++) {
    const x = normals(new Float32Array(784), { seed, sample: i });
    for (const [row, column] of [
      [0, 0],
      [13, 20],
      [27, 27],
    ] as const) {
      const expected = ((root * x[28 * row + column]! + 1) / 2) * 255;
      const found = bitmap.data[2 * (2 + row) * bitmap.width + 2 * (2 + 30 * i + column)]!;
      expect(Math.abs(found - Math.min(Math.max(expected, 0), 255)), `seed ${seed}`).toBeLessThan(0.51);
    }
  }
});

test(
  'the same parameters give the same grid, others another; nothing is left in tfjs, and its backend is as it was',
  { tags: ['long'] },
  async () => {
    const before = tf.memory().numTensors;
    const draw = (parameters: Float32Array) =>
      sampleGrid(built, parameters, facts, { count: 2, seed, provider: 'cpu', labels: [0, 1] });
    const [first, again, other] = [await draw(moved), await draw(moved), await draw(zeroV)];
    expect(again.data).toEqual(first.data);
    expect(other.data).not.toEqual(first.data);
    expect([tf.memory().numTensors, tf.getBackend()]).toEqual([before, 'cpu']);
  },
);

test('what does not fit the model is refused, and so is an aborted signal', async () => {
  const draw = (options: object) =>
    sampleGrid(built, zeroV, facts, { count: 1, seed, provider: 'cpu', ...options });
  await expect(draw({ labels: [12] })).rejects.toThrow("label is 12; the model's labels are 0 to 9.");
  await expect(draw({ steps: T + 1 })).rejects.toThrow(`the model's schedule has ${T} levels`);
  const reason = new Error('enough');
  await expect(draw({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
