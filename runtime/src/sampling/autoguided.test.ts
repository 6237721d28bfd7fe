import { describe, expect, test } from 'vitest';
import type { Parametrisation } from '../card/model-card.js';
import type { ScoreSource } from '../model/score-model.js';
import { conversion } from '../parametrisation/convert.js';
import { levelsByNumber } from '../process/levels-by-number.js';
import { ddim } from '../samplers/ddim.js';
import { mixture } from '../testing/mixture.js';
import { components, ve, vp } from '../testing/two-parts.js';
import { autoguided, checkGuide } from './autoguided.js';
import { sample } from './sample.js';

const w = 1.5;
/** The data as a weaker model has them: wider, and as if all were one. */
const blurred = [{ weight: 1, mean: [0.2, 0.1], std: [1.3, 0.9] }];
const models = (process: typeof vp | typeof ve, strong?: Parametrisation, weak?: Parametrisation) => ({
  strong: mixture({ components, process, ...(strong && { parametrisation: strong }) }),
  weak: mixture({ components: blurred, process, ...(weak && { parametrisation: weak }) }),
});
const levels = { vp: [30, 400.5, 900], ve: [0.1, 1, 10] };
const x = Float32Array.of(0.4, 0.2, -0.7, 0.9, 1.4, -1.2);

const never: ScoreSource['predict'] = () => Promise.reject(new Error('The weak model was asked.'));

test.each([vp, ve])('the score is (1 + w) strong - w weak: $kind', async (process) => {
  const scale = (row: number) => levelsByNumber(process)(levels[process.kind][row]!);
  const [own, wide] = [0.5, 2];
  const gaussian = (std: number) => mixture({ components: [{ weight: 1, mean: [0], std: [std] }], process });
  const level = Float32Array.from(levels[process.kind]);
  const found = await autoguided(gaussian(own), gaussian(wide), w).predict(Float32Array.of(1, -2, 3), level);
  [1, -2, 3].forEach((value, row) => {
    const { scale: a, sigma: s } = scale(row);
    const score = (std: number) => -value / (a ** 2 * std ** 2 + s ** 2);
    const expected = (1 + w) * score(own) - w * score(wide);
    expect(Math.abs(found[row]! / expected - 1), `sample ${row}`).toBeLessThan(1e-5);
  });
});

const parametrisations: Parametrisation[] = ['eps', 'x0', 'v', 'score', 'denoiser'];
test.each(
  [vp, ve].flatMap((process) =>
    parametrisations.map((p, i) => [process.kind, p, parametrisations[(i + 2) % 5]!, process] as const),
  ),
)('the models may predict different things: %s, %s led away from %s', async (_, strong, weak, process) => {
  const level = Float32Array.from(levels[process.kind]);
  const { strong: a, weak: b } = models(process, strong, weak);
  const found = await autoguided(a, b, w).predict(x.slice(), level);
  const scores = models(process);
  const expected = await autoguided(scores.strong, scores.weak, w).predict(x.slice(), level);
  found.forEach((value, i) => {
    const [onX, onScore] = conversion('score', strong, levelsByNumber(process)(level[i >> 1]!));
    const own = onX * x[i]! + onScore * expected[i]!;
    expect(Math.abs(value - own) / (1 + Math.abs(own)), `number ${i}`).toBeLessThan(1e-4);
  });
});

test('outside of the interval, and without weight, the model is as it was and the weak one not asked', async () => {
  const { strong, weak } = models(vp);
  const guided = autoguided(strong, weak, { w, interval: [100, 500] });
  const level = Float32Array.of(30, 400, 900);
  const [plain, all, found] = [
    await strong.predict(x.slice(), level),
    await autoguided(strong, weak, w).predict(x.slice(), level),
    await guided.predict(x.slice(), level),
  ];
  expect([...found]).toEqual([...plain.slice(0, 2), ...all.slice(2, 4), ...plain.slice(4)]);
  const silent = { ...weak, predict: never };
  const options = { sampler: ddim(), steps: 20, count: 4, seed: 3 };
  const unguided = await sample(strong, options).result;
  for (const guidance of [0, { w, interval: [2000, 3000] as const }])
    expect((await sample(autoguided(strong, silent, guidance), options).result).samples).toEqual(
      unguided.samples,
    );
  await expect(sample(autoguided(strong, silent, w), options).result).rejects.toThrow('was asked');
});

test('samples do not depend on how many are drawn at a time, and are written where they are to be', async () => {
  const { strong, weak } = models(vp, 'eps', 'v');
  const guided = autoguided(strong, weak, { w, rescale: 0.5 });
  const drawn = await Promise.all(
    [7, 3].map((batch) => sample(guided, { sampler: ddim(), steps: 10, count: 7, seed: 1, batch }).result),
  );
  expect(drawn[0]!.samples).toEqual(drawn[1]!.samples);
  const out = new Float32Array(x.length);
  expect(await guided.predict(x.slice(), 400, undefined, out)).toBe(out);
  expect([...out]).toEqual([...(await guided.predict(x.slice(), 400))]);
});

test('the guided energy is that of the guided score, and is there if both models have one', async () => {
  const { strong, weak } = models(ve);
  const guided = autoguided(strong, weak, w);
  const level = 0.5;
  const { prediction } = await guided.evaluate!(x.slice(), level);
  expect([...prediction]).toEqual([...(await guided.predict(x.slice(), level))]);
  const h = 1e-2;
  for (const [i, score] of prediction.entries()) {
    const energy = async (by: number) =>
      (await guided.evaluate!(
        x.map((value, j) => (j === i ? value + by : value)),
        level,
      ))!.energy[i >> 1]!;
    const slope = ((await energy(h)) - (await energy(-h))) / (2 * h);
    expect(Math.abs(slope + score) / (1 + Math.abs(score)), `number ${i}`).toBeLessThan(1e-3);
  }
  expect(autoguided(strong, { card: weak.card, predict: never }, w).evaluate).toBeUndefined();
});

test('a learned variance is that of the strong model', async () => {
  const { strong, weak } = models(vp);
  const varianceShare = x.map((value) => value / 2);
  const predictVariance = async (x: Float32Array, level: number | Float32Array) => ({
    prediction: await strong.predict(x, level),
    varianceShare,
  });
  const guided = autoguided({ ...strong, predictVariance }, weak, w);
  const found = await guided.predictVariance!(x.slice(), 400);
  expect(found.varianceShare).toBe(varianceShare);
  expect([...found.prediction]).toEqual([...(await guided.predict(x.slice(), 400))]);
});

test('labels go to the models that have classes', async () => {
  const { strong, weak } = models(vp);
  const heard: unknown[] = [];
  const listening = (source: ScoreSource, classes: { count: number; unconditional: number } | null) => ({
    card: { ...source.card, classes },
    predict: (...args: Parameters<ScoreSource['predict']>) => {
      heard.push(args[2] && [...args[2]]);
      return source.predict(...args);
    },
  });
  const classes = { count: 10, unconditional: 10 };
  for (const own of [classes, null])
    await autoguided(listening(strong, classes), listening(weak, own), w).predict(
      x.slice(),
      400,
      Int32Array.of(1, 2, 3),
    );
  expect(heard).toEqual([[1, 2, 3], [1, 2, 3], [1, 2, 3], undefined]);
});

describe('what does not fit is refused', () => {
  const { card } = models(vp).strong;
  test.each([
    ['shape', { shape: [3] }, "its shape is [3], the model's [2]"],
    ['range', { valueRange: [0, 1] as const }, "its valueRange is [0,1], the model's [-100,100]"],
    ['levels', { process: ve }, 'its process is {"kind":"ve"'],
    [
      'schedule',
      { process: { ...vp, schedule: { ...vp.schedule, betaEnd: 1e-2 } } as typeof vp },
      'its process is {"kind":"vp"',
    ],
  ])('%s', (_, other, sentence) => {
    expect(() => checkGuide(card, { ...card, ...other } as typeof card)).toThrow(sentence);
  });

  test('classes', () => {
    const of = (count: number) => ({ ...card, classes: { count, unconditional: count } });
    expect(() => checkGuide(of(10), of(3))).toThrow("its number of classes is 3, the model's 10");
    expect(() => checkGuide(of(10), card)).not.toThrow();
  });

  test('weights', () => {
    const { strong, weak } = models(vp);
    expect(() => autoguided(strong, weak, NaN)).toThrow('guidance is NaN');
    expect(() => autoguided(strong, weak, { w, interval: [2, 1] })).toThrow('the smaller level first');
  });
});
