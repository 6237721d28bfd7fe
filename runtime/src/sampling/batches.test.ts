import { readdir, readFile } from 'node:fs/promises';
import { afterAll, expect, test } from 'vitest';
import { loadModel } from '../model/node.js';
import { normals } from '../noise/normal.js';
import { ddpm } from '../samplers/ddpm.js';
import { everySampler, type SamplerCase } from '../testing/every-sampler.js';
import { tinyModel } from '../testing/tiny-model.js';
import { defaultBatch } from './default-batch.js';
import { sample, type SampleOptions } from './sample.js';

const COUNT = 7;
const seed = 12;
const cases = everySampler(normals(new Float32Array(COUNT * 6), { seed }));
const model = await loadModel(tinyModel({ labelled: true, energy: true }));
afterAll(() => model.release());

const run = (options: Partial<SampleOptions>) =>
  sample(model, { count: COUNT, seed, label: [0, 1, 2, 0, 1, 2, 0], ...options });

test.each(cases.map((c): [string, SamplerCase] => [c.name, c]))(
  '%s: a sample is the same in any batch',
  async (_, { sampler, steps }) => {
    const options = { sampler, ...(steps && { steps }) };
    for (const guidance of [0, { w: 0.5, interval: [0.2, 3] }] as const) {
      const all = await run({ ...options, guidance }).result;
      expect(new Set(all.samples).size).toBeGreaterThan(COUNT * 3);
      for (const batch of [1, 3]) {
        const states: number[] = [];
        const split = run({ ...options, guidance, batch });
        for await (const { x } of split) states.push(x.length);
        // Samples, shape, steps and acceptance.
        expect(await split.result, `batch ${batch}, seed ${seed}`).toEqual(all);
        expect(new Set(states)).toEqual(new Set([COUNT * 6]));
        expect(states).toHaveLength(all.steps);
      }
    }
  },
);

test('no sampler or task is missing above', async () => {
  const names: string[] = [];
  for (const folder of ['samplers', 'tasks']) {
    const at = new URL(`../${folder}/`, import.meta.url);
    const files = (await readdir(at)).filter((file) => /^[^.]+\.ts$/.test(file));
    for (const file of files) {
      const source = await readFile(new URL(file, at), 'utf8');
      for (const [, name] of source.matchAll(/^export function (\w+)\([^;]*?\): Sampler \{$/gms))
        names.push(name!);
    }
  }
  expect(names.length).toBeGreaterThan(20);
  const tested = new Set(cases.map(({ name }) => /^\w+/.exec(name)![0]));
  expect(names.filter((name) => !tested.has(name))).toEqual([]);
});

test('10,000 samples go through the network 64 at a time, and a step is a step of all of them', async () => {
  const batches: number[] = [];
  const counting = {
    ...model,
    predict: (...call: Parameters<typeof model.predict>) => {
      batches.push(call[0].length / 6);
      return model.predict(...call);
    },
  };
  const few = await sample(model, { sampler: ddpm(), steps: 3, count: 100, seed }).result;
  const many = sample(counting, { sampler: ddpm(), steps: 3, count: 10_000, seed });
  const begun: number[] = [];
  for await (const { step } of many) begun.push(step, batches.length);
  expect(begun).toEqual([1, 157, 2, 314, 3, 471]);
  expect(Math.max(...batches)).toBe(64);
  expect((await many.result).samples.subarray(0, 600)).toEqual(few.samples);
});

test.each([
  [1, 64],
  [784, 64],
  [4096, 64],
  [4097, 63],
  [3 * 64 * 64, 21],
  [3 * 512 * 512, 1],
])('of samples of %d numbers, a batch has %d by default', (size, batch) => {
  expect(defaultBatch(size)).toBe(batch);
});

test('between the batches of a large count the event loop turns before the first call too', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const failing = { ...model, predict: () => Promise.reject(new Error('asked')) };
  const { result } = sample(failing, { sampler: ddpm(), steps: 1, count: 20_000, seed });
  await expect(result).rejects.toThrow('asked');
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});

test.each([2 ** 30, 2 ** 32])(
  '%d samples are refused before any work, as more than memory holds',
  (count) => {
    expect(() => run({ count, label: 1 })).toThrow(
      new RangeError(
        `count is ${count}; so many samples of shape [2, 3] do not fit into memory at once: draw them in parts, each with the first that it begins at.`,
      ),
    );
  },
);
