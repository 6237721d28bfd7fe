import { exportSampler, type ExportSamplerOptions, exportScoreModel } from '@scorebridge/export';
import {
  annealedLangevin,
  createSession,
  ddim,
  ddpm,
  dpmSolverMultistep,
  euler,
  type GuidanceOptions,
  heun,
  loadModel,
  mala,
  type ModelCard,
  normals,
  readMetadata,
  sample,
  type Sampler,
  SAMPLER_KEY,
  uniforms,
  uniPc,
} from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, expect, test } from 'vitest';
import { convolutionalModel, vpCard } from './support/tiny-models.js';

const seed = 23;
const size = 64;
const models: Record<string, Uint8Array> = {};
beforeAll(async () => {
  await tf.setBackend('cpu');
  models.labelled = convolutionalModel();
  const weights = tf.randomNormal<tf.Rank.R4>([3, 3, 1, 2], 0, 0.2, 'float32', 4);
  const card: ModelCard = { ...vpCard('learned', 8, 1), classes: null };
  const learned = (x: tf.Tensor) => {
    const [prediction, varianceShare] = tf.split(tf.conv2d(x as tf.Tensor4D, weights, 1, 'same'), 2, 3);
    return { prediction: tf.add(prediction!, x), varianceShare: tf.sigmoid(varianceShare!) };
  };
  models.learned = exportScoreModel(learned, card).model;
  const process = { kind: 've', schedule: { name: 'geometric', sigmaMax: 2, sigmaMin: 0.1, L: 5 } } as const;
  const score = (x: tf.Tensor, level: tf.Tensor1D) =>
    tf.div(tf.sub(0.3, x), tf.add(0.2, tf.square(tf.reshape(level, [-1, 1, 1, 1]))));
  models.ve = exportScoreModel(score, { ...card, name: 've', process, parametrisation: 'score' }).model;
});

const draws = (kind: typeof normals, count: number, step: number) =>
  kind(new Float32Array(count * size), { seed, step });

/** What the sampler's graph makes of noise, in one call. */
async function runGraph(model: Uint8Array, noise: Float32Array, steps: Float32Array[], label?: number[]) {
  const { session } = await createSession(model, { provider: 'cpu' });
  const dims = [noise.length / size, 8, 8, 1];
  const all = new Float32Array(steps.length * noise.length);
  steps.forEach((draw, i) => all.set(draw, i * noise.length));
  const { samples } = await session.run({
    noise: new Tensor('float32', noise, dims),
    ...(steps.length > 0 && { step_noise: new Tensor('float32', all, [steps.length, ...dims]) }),
    ...(label && { label: new Tensor('int32', Int32Array.from(label), [label.length]) }),
  });
  await session.release();
  expect(samples!.dims).toEqual(dims);
  return samples!.data as Float32Array;
}

const furthest = (a: Float32Array, b: Float32Array) => {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
};

interface Case {
  readonly model: string;
  readonly sampler: Sampler;
  readonly steps?: number;
  readonly guidance?: number | GuidanceOptions;
  readonly calls: number;
  readonly draws: number;
}

const cases: Record<string, Case> = {
  ddpm: { model: 'labelled', sampler: ddpm(), steps: 12, calls: 12, draws: 11 },
  'ddpm, large variance, guided': {
    ...{ model: 'labelled', sampler: ddpm({ variance: 'large' }), steps: 12, guidance: 0.7 },
    ...{ calls: 12, draws: 11 },
  },
  'ddpm, learned variance': { model: 'learned', sampler: ddpm(), steps: 12, calls: 12, draws: 11 },
  'ddpm of a ve model': { model: 've', sampler: ddpm({ clip: false }), calls: 5, draws: 4 },
  ddim: { model: 'labelled', sampler: ddim(), steps: 10, calls: 10, draws: 0 },
  'ddim with noise, guided': {
    ...{ model: 'labelled', sampler: ddim({ eta: 0.8 }), steps: 10, guidance: -0.4 },
    ...{ calls: 10, draws: 9 },
  },
  'ddim, one step': { model: 'labelled', sampler: ddim(), steps: 1, calls: 1, draws: 0 },
  'ddim with a dynamic threshold': {
    ...{ model: 'labelled', sampler: ddim({ clip: { quantile: 0.9, max: 1.4 } }), steps: 10 },
    ...{ calls: 10, draws: 0 },
  },
  euler: { model: 'learned', sampler: euler(), steps: 10, calls: 10, draws: 0 },
  'euler with churn': {
    ...{ model: 've', sampler: euler({ sChurn: 2, clip: true }), calls: 5, draws: 4 },
  },
  heun: { model: 've', sampler: heun(), steps: 6, calls: 11, draws: 0 },
  'dpm-solver++ 2M': {
    ...{ model: 'labelled', sampler: dpmSolverMultistep({ clip: true }), steps: 10, guidance: 0.5 },
    ...{ calls: 10, draws: 0 },
  },
  'uni-pc, order 3': {
    ...{ model: 've', sampler: uniPc({ order: 3 }), calls: 5, draws: 0 },
  },
  'annealed langevin': {
    ...{ model: 've', sampler: annealedLangevin({ T: 4, eps: 0.01 }), calls: 21, draws: 20 },
  },
};

test.each(Object.entries(cases))('%s: the samples of the runtime, from the same noise', async (_, test) => {
  const { sampler, steps, guidance, calls } = test;
  const bytes = models[test.model]!;
  const model = await loadModel(bytes, { provider: 'cpu' });
  const looped = await exportSampler(bytes, sampler, { steps, guidance: guidance as number });
  const unrolled = await exportSampler(bytes, sampler, {
    steps,
    guidance: guidance as number,
    unrolled: true,
  });
  const start = sampler.name === 'annealed-langevin' ? 'uniform' : 'normal';
  for (const written of [looped, unrolled]) {
    expect(written.info).toMatchObject({ sampler: sampler.name, calls, draws: test.draws, start });
    expect(JSON.parse(readMetadata(written.model)[SAMPLER_KEY]!)).toEqual(written.info);
  }
  // The weights are there once.
  expect(unrolled.model.length).toBeLessThan(looped.model.length + calls * 40_000);
  for (const count of [1, 5]) {
    const noise = draws(start === 'uniform' ? uniforms : normals, count, 0);
    const onTheWay = Array.from({ length: test.draws }, (_, i) => draws(normals, count, i + 1));
    const label = model.card.classes ? Array.from({ length: count }, (_, i) => i % 3) : undefined;
    const expected = await sample(model, {
      ...{ sampler, steps, count, seed, label, guidance },
      noise: (draw) => (draw === 0 ? noise : onTheWay[draw - 1]!),
      ...(start === 'uniform' && {
        // The start is uniform on the value range, [-1, 1].
        initial: noise.map((u) => 2 * u - 1),
        noise: (draw: number) => onTheWay[draw]!,
      }),
    }).result;
    const found = await runGraph(looped.model, noise, onTheWay, label);
    expect(Math.max(...expected.samples.map(Math.abs))).toBeGreaterThan(0.3);
    // Of a model that was never trained, samples that nothing clips grow large.
    const largest = Math.max(1, ...expected.samples.map(Math.abs));
    expect(furthest(found, expected.samples) / largest, `seed ${seed}`).toBeLessThan(1e-4);
    const repeated = await runGraph(unrolled.model, noise, onTheWay, label);
    expect(furthest(repeated, found) / largest, `seed ${seed}`).toBeLessThan(1e-6);
  }
  await model.release();
});

test('noise inside: each draw is another, a seed repeats itself in a new session, and labels or a count say how many', async () => {
  // Data N(0.3, 0.2): a chain whose draws were alike would have another variance.
  const sampler = annealedLangevin({ T: 60, eps: 0.02, denoise: false });
  const draw = async (options: ExportSamplerOptions, count = 200, times = 1) => {
    const { model } = await exportSampler(models.ve!, sampler, { noise: 'inside', ...options });
    const { session } = await createSession(model, { provider: 'cpu' });
    expect(session.inputNames).toEqual(['count']);
    let found = new Float32Array();
    for (let i = 0; i < times; i++) {
      const { samples } = await session.run({ count: new Tensor('int64', [BigInt(count)], [1]) });
      expect(samples!.dims).toEqual([count, 8, 8, 1]);
      found = samples!.data as typeof found;
    }
    await session.release();
    return found;
  };
  const moments = (values: Float32Array) => {
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    return [mean, values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length] as const;
  };
  for (const options of [{ seed: 1 }, {}, { seed: 1, unrolled: true }]) {
    const [mean, variance] = moments(await draw(options));
    expect(mean).toBeCloseTo(0.3, 1);
    // Langevin's steps are not infinitely small.
    expect(variance).toBeGreaterThan(0.19);
    expect(variance).toBeLessThan(0.24);
  }
  const once = await draw({ seed: 1 }, 4);
  expect(await draw({ seed: 1 }, 4)).toEqual(once);
  expect(furthest(await draw({ seed: 1 }, 4, 2), once)).toBeGreaterThan(0.1);
  expect(furthest(await draw({ seed: 2 }, 4), once)).toBeGreaterThan(0.1);
  const labelled = await exportSampler(models.labelled!, ddpm(), { steps: 3, noise: 'inside' });
  const { session } = await createSession(labelled.model, { provider: 'cpu' });
  expect(session.inputNames).toEqual(['label']);
  const { samples } = await session.run({ label: new Tensor('int32', Int32Array.of(0, 1, 2), [3]) });
  await session.release();
  expect(samples!.dims).toEqual([3, 8, 8, 1]);
});

test('what cannot be a graph is refused by name before any work, and a sampler is not taken for a model', async () => {
  const write = (name: string, sampler: Sampler, options?: ExportSamplerOptions) =>
    exportSampler(models[name]!, sampler, options);
  await expect(write('ve', mala())).rejects.toThrow(
    'mala cannot be written as a graph, since it accepts or rejects',
  );
  await expect(write('ve', ddpm({ variance: 'learned' }))).rejects.toThrow('it has learned none');
  await expect(write('ve', ddim(), { guidance: 1 })).rejects.toThrow('has no classes, so leave guidance out');
  await expect(write('labelled', ddim(), { guidance: NaN })).rejects.toThrow('guidance is NaN');
  await expect(write('labelled', ddim(), { seed: 3 })).rejects.toThrow('A seed is for noise inside');
  await expect(write('labelled', ddim(), { steps: 1001 })).rejects.toThrow('1001');
  const { model } = await write('ve', ddim());
  await expect(loadModel(model, { provider: 'cpu' })).rejects.toThrow('The file is a whole sampler');
  await expect(exportSampler(model, ddim())).rejects.toThrow('The file is a whole sampler');
});
