import { expect, test } from 'vitest';
import type { Classes, Process } from '../card/model-card.js';
import type { ScoreSource } from '../model/score-model.js';
import { processLevels } from '../process/process-levels.js';
import { ddpm } from '../samplers/ddpm.js';
import { langevin } from '../samplers/langevin.js';
import { mala } from '../samplers/mala.js';
import type { Sampler } from '../samplers/sampler.js';
import { mixture } from '../testing/mixture.js';
import { sample, type SampleOptions } from './sample.js';

const vp: Process = { kind: 'vp', schedule: { name: 'cosine', s: 0.008, T: 100 } };
const ve: Process = { kind: 've', schedule: { name: 'geometric', sigmaMax: 5, sigmaMin: 0.5, L: 4 } };
/** sigma_50 of `vp`. */
const sigma50 = processLevels(vp)[50]!.sigma;
const plain = mixture({ components: [{ weight: 1, mean: [1, -1], std: [1, 0.5] }], process: vp });

interface Call {
  batch: number;
  level: number;
  labels: number[] | undefined;
}

/** eps = label + x, so that what guidance does with it is seen in the sample; label 10 stands for no label. */
function labelled(
  classes: Classes | null = { count: 10, unconditional: 10 },
): ScoreSource & { calls: Call[] } {
  const calls: Call[] = [];
  return {
    calls,
    card: { shape: [2], process: vp, parametrisation: 'eps', classes, valueRange: [-1000, 1000] },
    async predict(x, level, label, out = new Float32Array(x.length)) {
      calls.push({ batch: x.length / 2, level: level as number, labels: label && [...label] });
      for (let i = 0; i < x.length; i++) out[i] = label![i >> 1]! + x[i]!;
      return out;
    },
  };
}

test('sample i does not depend on the batch, on how many there are, nor on where the count begins', async () => {
  const run = async (options: Partial<SampleOptions>) =>
    (await sample(plain, { count: 10, seed: 3, steps: 10, ...options }).result).samples;
  const all = await run({});
  expect(new Set(all).size).toBe(20);
  expect(await run({ batch: 3 })).toEqual(all);
  expect(await run({ batch: 1 })).toEqual(all);
  expect(await run({ count: 4 })).toEqual(all.slice(0, 8));
  expect(await run({ first: 6, count: 4 })).toEqual(all.slice(12));
  expect(await run({ seed: 4 })).not.toEqual(all);
});

test('its steps: numbered, at the levels of the schedule, all samples at once; the last is the result', async () => {
  const run = sample(plain, { count: 5, seed: 1, steps: 4, batch: 2 });
  const steps: number[][] = [];
  let last: number[] = [];
  for await (const { step, steps: of, level, x } of run) {
    steps.push([step, of, level, x.length]);
    last = [...x];
  }
  expect(steps).toEqual([
    [1, 4, 100, 10],
    [2, 4, 67, 10],
    [3, 4, 34, 10],
    [4, 4, 1, 10],
  ]);
  const { samples, shape } = await run.result;
  expect([...samples]).toEqual(last);
  expect(shape).toEqual([5, 2]);
});

test('a result taken before the loop leaves the steps to the loop', async () => {
  const run = sample(plain, { count: 1, seed: 1, steps: 3 });
  const { result } = run;
  let steps = 0;
  for await (const _ of run) steps++;
  expect(steps).toBe(3);
  expect((await result).steps).toBe(3);
});

test('nothing runs before it is asked for, and labels reach the network: one for all, one a sample, or none', async () => {
  const source = labelled();
  const run = sample(source, { count: 3, seed: 1, steps: 1, label: [4, 5, 6], batch: 2 });
  expect(source.calls).toEqual([]);
  await run.result;
  await sample(source, { count: 2, seed: 1, steps: 1, label: 7 }).result;
  await sample(source, { count: 1, seed: 1, steps: 1 }).result;
  expect(source.calls.map(({ labels }) => labels)).toEqual([[4, 5], [6], [7, 7], [10]]);
});

test('guidance: eps = (1 + w) eps_c - w eps_u, in one call on a doubled batch, and no second half when w = 0', async () => {
  const x = Float32Array.of(0.1, 0.2, 0.3, 0.4);
  const options = {
    sampler: langevin({ eps: 1, level: 50 }),
    steps: 1,
    count: 2,
    seed: 8,
    initial: x,
    label: [2, 3],
  };
  const guided = labelled();
  const w = 0.5;
  const a = await sample(guided, { ...options, guidance: w }).result;
  expect(guided.calls).toEqual([{ batch: 4, level: 50, labels: [2, 3, 10, 10] }]);
  const unguided = labelled();
  const b = await sample(unguided, { ...options, guidance: 0 }).result;
  expect(unguided.calls).toEqual([{ batch: 2, level: 50, labels: [2, 3] }]);
  // The same noise in both, so the difference is the drift's: 1/2 of -1/sigma (eps_guided - eps_c).
  const abar =
    Math.cos(((0.5 + 0.008) / 1.008) * (Math.PI / 2)) ** 2 / Math.cos((0.008 / 1.008) * (Math.PI / 2)) ** 2;
  const sigma = Math.sqrt(1 - abar);
  for (let i = 0; i < 4; i++) {
    const label = [2, 3][i >> 1]!;
    expect(a.samples[i]! - b.samples[i]!).toBeCloseTo((-w * (label - 10)) / (2 * sigma), 4);
  }
  expect(x).toEqual(Float32Array.of(0.1, 0.2, 0.3, 0.4));
});

test('guidance of an energy is that of its score: data N(label, 1) guided is N(label + w (label - 10), 1)', async () => {
  const source: ScoreSource = {
    ...labelled(),
    async evaluate(x, _level, label) {
      const eps = x.map((v, i) => v - label![i >> 1]!);
      const energy = Float32Array.from(
        label!,
        (_, i) => (eps[2 * i]! ** 2 + eps[2 * i + 1]! ** 2) / (2 * sigma50 ** 2),
      );
      // As a network of another parametrisation says it: the score is -eps / sigma.
      return { prediction: eps.map((e) => e / sigma50), energy };
    },
  };
  const options = { sampler: mala({ eps: 0.2, level: 50 }), steps: 100, count: 2000, batch: 2000, seed: 9 };
  const { samples, acceptance } = await sample(source, { ...options, label: 3, guidance: 0.5 }).result;
  const mean = samples.reduce((sum, v) => sum + v, 0) / samples.length;
  expect(Math.abs(mean - (3 + 0.5 * (3 - 10)))).toBeLessThan((4 * sigma50) / Math.sqrt(samples.length));
  expect(acceptance).toBeGreaterThan(0.8);
});

test('guidance in an interval: outside of it the unlabelled half is not computed', async () => {
  const source = labelled();
  const options = { sampler: ddpm({ clip: false }), steps: 3, count: 2, seed: 8, label: [2, 3] };
  await sample(source, { ...options, guidance: { w: 0.5, interval: [40, 60] } }).result;
  expect(source.calls.map(({ batch, level }) => [batch, level])).toEqual([
    [2, 100],
    [4, 51],
    [2, 1],
  ]);
});

test('rescaled guidance has the spread of the labelled prediction over each sample', async () => {
  const predictions: number[][] = [];
  const spy: Sampler = {
    ...ddpm(),
    async *run(chain, { levels }) {
      predictions.push([...(await chain.estimate('eps', levels[0]!))]);
      yield { level: 100 };
    },
  };
  // Values that differ within a sample: guidance moves both by the same, so scale the unlabelled one.
  const { card } = labelled();
  const source: ScoreSource = {
    card,
    predict: async (x, _level, label) => x.map((v, i) => (label![i >> 1] === 10 ? 0.2 : 1) * (v + 1)),
  };
  const options = {
    sampler: spy,
    steps: 1,
    count: 2,
    seed: 8,
    label: [2, 3],
    initial: Float32Array.of(0, 1, 2, 6),
  };
  for (const rescale of [0, 0.7, 1])
    await sample(source, { ...options, guidance: { w: 0.5, rescale } }).result;
  // (1 + 0.5) y - 0.5 0.2 y = 1.4 y, of y = 1, 2 and 3, 7.
  const y = [1, 2, 3, 7];
  [1.4, 0.7 + 0.3 * 1.4, 1].forEach((factor, i) =>
    predictions[i]!.forEach((value, j) => expect(value).toBeCloseTo(factor * y[j]!, 5)),
  );
});

test.each([
  [{ w: NaN }, 'guidance is NaN; expected a finite number.'],
  [{ w: 1, interval: [2, 1] }, 'The interval of guidance is 2 to 1; expected the smaller level first.'],
  [{ w: 1, rescale: 2 }, 'rescale is 2; expected a number from 0 to 1.'],
] as const)('guidance %j is refused', (guidance, sentence) => {
  expect(() => sample(labelled(), { count: 1, seed: 1, label: 1, guidance })).toThrow(
    new RangeError(sentence),
  );
});

test('guidance leaves the learned variance that of the labelled half', async () => {
  const shares: number[] = [];
  const source: ScoreSource = {
    ...labelled(),
    async predictVariance(x, level, label) {
      const varianceShare = x.map((_, i) => label![i >> 1]! / 10);
      return { prediction: await labelled().predict(x, level, label), varianceShare };
    },
  };
  const spy: Sampler = {
    ...ddpm(),
    async *run(chain, { levels }) {
      const { varianceShare } = await chain.estimateWithVariance!('x0', levels[0]!);
      shares.push(...varianceShare);
      yield { level: 50 };
    },
  };
  await sample(source, { sampler: spy, steps: 1, count: 2, seed: 1, label: [2, 7], guidance: 0.5 }).result;
  expect(shares).toEqual([0.2, 0.2, 0.7, 0.7].map(Math.fround));
});

test('energies that are no numbers end the run; an infinite one is a place where no chain goes', async () => {
  const walled = (wall: number): ScoreSource => ({
    ...plain,
    card: { ...plain.card, parametrisation: 'score', valueRange: [0, 1] },
    evaluate: async (x) => ({
      prediction: new Float32Array(x.length),
      energy: Float32Array.from({ length: x.length / 2 }, (_, i) =>
        x[2 * i]! < 0 || x[2 * i]! > 1 ? wall : 0,
      ),
    }),
  });
  const options = { sampler: mala({ eps: 1 }), steps: 50, count: 100, seed: 1 };
  const { samples, acceptance } = await sample(walled(Infinity), options).result;
  for (let i = 0; i < 100; i++) expect(Math.abs(samples[2 * i]! - 0.5)).toBeLessThanOrEqual(0.5);
  expect(acceptance).toBeLessThan(0.8);
  for (const wall of [NaN, -Infinity]) {
    await expect(sample(walled(wall), options).result).rejects.toThrow(
      "The model's energy at level 1 is not",
    );
  }
});

test('aborting rejects with the reason of the signal, between two network calls', async () => {
  const source = labelled();
  const controller = new AbortController();
  const run = sample(source, { count: 1, seed: 1, steps: 50, label: 1, signal: controller.signal });
  const reason = new Error('enough');
  await expect(async () => {
    for await (const { step } of run) if (step === 3) controller.abort(reason);
  }).rejects.toBe(reason);
  await expect(run.result).rejects.toBe(reason);
  expect(source.calls).toHaveLength(3);

  const before = sample(source, { count: 1, seed: 1, label: 1, signal: AbortSignal.abort() });
  await expect(before.result).rejects.toMatchObject({ name: 'AbortError' });
  expect(source.calls).toHaveLength(3);
});

test('the event loop turns between network calls, even of a source that answers at once', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const slow: ScoreSource = {
    card: plain.card,
    predict: (...args) => {
      const end = performance.now() + 2;
      while (performance.now() < end);
      return plain.predict(...args);
    },
  };
  await sample(slow, { count: 1, seed: 1, steps: 50 }).result;
  clearInterval(timer);
  expect(turns).toBeGreaterThan(25);
});

test('a loop left early rejects the result', async () => {
  const run = sample(plain, { count: 1, seed: 1, steps: 5 });
  for await (const { step } of run) if (step === 2) break;
  await expect(run.result).rejects.toThrow('The sampling was left before its end.');
});

test('an error of the network and a prediction that is not finite end the run', async () => {
  const failing = { card: plain.card, predict: () => Promise.reject(new Error('device lost')) };
  await expect(sample(failing, { count: 1, seed: 1 }).result).rejects.toThrow('device lost');
  for (const value of [NaN, Infinity]) {
    const broken = {
      card: plain.card,
      predict: async (x: Float32Array) => x.map((_, i) => (i === 1 ? value : 0)),
    };
    await expect(sample(broken, { count: 1, seed: 1 }).result).rejects.toThrow(
      "The model's prediction at level 100 is not finite, in step 1 of 100; try another provider or a smaller step size.",
    );
  }
});

test('without a sampler: ddpm for vp, annealed Langevin for ve', async () => {
  const count = { count: 1, seed: 0 };
  expect((await sample(plain, count).result).steps).toBe(100);
  const source = mixture({
    components: [{ weight: 1, mean: [0], std: [1] }],
    process: ve,
    valueRange: [-1, 1],
  });
  expect((await sample(source, count).result).steps).toBe(401);
});

const noDrop = { count: 10, unconditional: null };

test.each<[string, Partial<SampleOptions>, (Classes | null)?]>([
  ['count is 0; expected a positive integer.', { count: 0 }],
  ['batch is 1.5; expected a positive integer.', { batch: 1.5 }],
  ['steps is 0; expected a positive integer.', { steps: 0 }],
  ["steps is 101; the model's schedule has 100 levels, so take at most these.", { steps: 101 }],
  ['seed is -1; expected an integer from 0 to 9007199254740991.', { seed: -1 }],
  ['first is -1; expected an integer >= 0 with first + count of at most 2^32.', { first: -1 }],
  ["label is 12; the model's labels are 0 to 9.", { label: 12 }],
  ["label is 10; the model's labels are 0 to 9.", { label: [1, 10] }],
  ["label is 1.5; the model's labels are 0 to 9.", { label: 1.5 }],
  ['There are 3 labels for 2 samples; give one for all or one a sample.', { label: [1, 2, 3] }],
  ['guidance is NaN; expected a finite number.', { guidance: NaN, label: 1 }],
  ['guidance is 2; it needs a label, 0 to 9.', { guidance: 2 }],
  ['The model has no classes, so leave label out.', { label: 1 }, null],
  ['The model has no classes, so leave guidance out.', { guidance: 1 }, null],
  ['The model needs a label: 0 to 9.', {}, noDrop],
  [
    'The model was trained without dropping labels, so it cannot be guided: leave guidance out.',
    { label: 1, guidance: 1 },
    noDrop,
  ],
  ['initial has 3 numbers; expected 4, 2 samples of shape [2].', { initial: new Float32Array(3) }],
])('%s', (message, options, classes?) => {
  const source = labelled(classes);
  expect(() => sample(source, { sampler: ddpm(), count: 2, seed: 1, ...options })).toThrow(
    new RangeError(message),
  );
  expect(source.calls).toEqual([]);
});
