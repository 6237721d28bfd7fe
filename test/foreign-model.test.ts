import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  atLevels,
  ddim,
  ddpm,
  DIFFUSERS_GRAPH,
  dpmSolverMultistep,
  euler,
  eulerAncestral,
  type GivenCard,
  heun,
  loadModel,
  sample,
  type Sampler,
  type ScoreModel,
  type Spacing,
  uniPc,
} from '@scorebridge/runtime';
import { describe, expect, test } from 'vitest';

// A U-Net of diffusers with random weights as PyTorch exports it, and what diffusers draws with it (oracles/unet.py).
const path = (name: string) => fileURLToPath(new URL(`fixtures/unet/${name}`, import.meta.url));
const reference = JSON.parse(await readFile(path('unet.json'), 'utf8')) as {
  /** Its outputs for the three samples of `start` at the timesteps 0, 321 and 999. */
  each: number[];
  /** Samples, [3, 3, 8, 8], and the timesteps of the network's calls. */
  cases: Record<string, { timesteps: number[]; samples: number[] }>;
};

const card: GivenCard = {
  process: {
    kind: 'vp',
    schedule: { name: 'scaled-linear', betaStart: 8.5e-4, betaEnd: 1.2e-2, T: 1000 },
  },
  parametrisation: 'eps',
  graph: DIFFUSERS_GRAPH,
};
const SIZE = 3 * 8 * 8;
const start = Float32Array.from({ length: 3 * SIZE }, (_, i) => 1.3 * Math.sin(3.7 * i + 0.4));
const noise = (draw: number) =>
  Float32Array.from(start, (_, i) => 1.4 * Math.sin(12.9 * draw + 78.2 * i + 1));

const makers: Record<string, (options: { spacing: Spacing; clip: false }) => Sampler> = {
  ddim,
  ddpm: (options) => ddpm({ ...options, variance: 'small' }),
  multistep: dpmSolverMultistep,
  'uni-pc': uniPc,
  euler,
  'euler ancestral': eulerAncestral,
  heun,
};

async function withModel<T>(name: string, use: (model: ScoreModel) => Promise<T>, worker = false) {
  const model = await loadModel(path(name), { card, provider: 'cpu', worker });
  return use(model).finally(() => model.release());
}

/** Three samples of the case's sampler at the timesteps of the case, and how far they are from the reference. */
async function compare(model: ScoreModel, name: string): Promise<number> {
  const { timesteps, samples: expected } = reference.cases[name]!;
  const levels = [...new Set(timesteps)].map((timestep) => timestep + 1);
  const sampler = makers[name]!({ spacing: atLevels(levels), clip: false });
  const options = { sampler, count: 3, seed: 0, initial: start, noise };
  const { samples, steps } = await sample(model, options).result;
  expect(steps).toBe(6);
  return difference(samples, expected);
}

/** The largest difference, against the largest number of the reference. */
function difference(found: ArrayLike<number>, expected: number[]): number {
  expect(found).toHaveLength(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(found[i]! - value))) / scale;
}

// float16 rounds to 2^-11 = 5e-4 of a number: the network's output is a few of these off.
const files: [file: string, tolerance: number][] = [
  ['unet.onnx', 1e-4],
  ['unet-batch-2.onnx', 1e-4],
  ['unet-fp16.onnx', 3e-3],
];

describe.each(files)("%s draws diffusers' samples", (file, tolerance) => {
  test.each([false, true])('in a worker: %s', async (worker) => {
    const found = await withModel(
      file,
      async (model) => {
        expect(model.card).toMatchObject({ shape: [3, 8, 8], layout: 'channels-first' });
        const each = await model.predict(start, Float32Array.of(1, 322, 1000));
        const differences: Record<string, number> = { each: difference(each, reference.each) };
        for (const name of Object.keys(makers)) differences[name] = await compare(model, name);
        return differences;
      },
      worker,
    );
    for (const [name, off] of Object.entries(found))
      expect(off, `${name} of ${JSON.stringify(found)}`).toBeLessThan(tolerance);
  });
});

test('each reference is compared', () => {
  expect(Object.keys(reference.cases).sort()).toEqual(Object.keys(makers).sort());
});
