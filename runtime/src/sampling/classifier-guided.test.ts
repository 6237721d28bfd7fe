import { expect, test } from 'vitest';
import type { Parametrisation, Process } from '../card/model-card.js';
import type { ScoreSource } from '../model/score-model.js';
import { ddim } from '../samplers/ddim.js';
import { mala } from '../samplers/mala.js';
import { probabilityFlow } from '../samplers/probability-flow.js';
import { mixture } from '../testing/mixture.js';
import { expectMoments } from '../testing/moments.js';
import { components, ve, vp } from '../testing/two-parts.js';
import { type ClassifierOptions, classifierGuided } from './classifier-guided.js';
import { sample } from './sample.js';

/** Which part of the mixture a noisy point is of: log p(y | x_t) = log w_y p_y(x_t) - log p(x_t), by Bayes. */
function parts(process: Process): ClassifierOptions {
  const whole = mixture({ components, process });
  const each = components.map((component) => mixture({ components: [component], process }));
  return {
    classes: 2,
    async logProbability(x, level, label) {
      const all = await whole.evaluate(x, level);
      const own = await Promise.all(each.map((part) => part.evaluate(x, level)));
      return {
        value: all.energy.map((f, i) => f - own[label[i]!]!.energy[i]!),
        gradient: all.prediction.map((s, i) => own[label[i >> 1]!]!.prediction[i]! - s),
      };
    },
  };
}

const parametrisations: Parametrisation[] = ['eps', 'x0', 'v', 'score', 'denoiser'];
test.each([vp, ve].flatMap((process) => parametrisations.map((p) => [process.kind, p, process] as const)))(
  'the guided prediction is that of the class alone, and without a label that of the model: %s, %s',
  async (_, parametrisation, process) => {
    const source = mixture({ components, process, parametrisation });
    const guided = classifierGuided(source, parts(process));
    const x = Float32Array.of(0.4, 0.2, 0.4, 0.2, 0.4, 0.2);
    const levels = process.kind === 'vp' ? [30, 400.5, 900] : [0.1, 1, 10];
    for (const level of [levels[1]!, Float32Array.from(levels)]) {
      const found = await guided.predict(x.slice(), level, Int32Array.of(0, 1, 2));
      for (const [row, part] of [[components[0]!], [components[1]!], components].entries()) {
        const own = mixture({ components: part, process, parametrisation });
        const at = typeof level === 'number' ? level : level[row]!;
        const expected = await own.predict(x.slice(0, 2), at);
        expected.forEach((value, d) =>
          expect(Math.abs(found[2 * row + d]! - value) / (1 + Math.abs(value))).toBeLessThan(1e-4),
        );
      }
    }
  },
);

test.each([vp, ve])(
  'samples of a class have its mean and covariance: $kind, seed 3',
  { tags: ['long'] },
  async (process) => {
    const guided = classifierGuided(mixture({ components, process, parametrisation: 'eps' }), parts(process));
    const count = 3000;
    const label = Array.from({ length: count }, (_, i) => i % 2);
    const sampler = probabilityFlow({ rtol: 1e-4, atol: 1e-4, final: 'min' });
    const { samples } = await sample(guided, { sampler, count, seed: 3, batch: count, label }).result;
    components.forEach(({ mean, std }, c) => {
      const own = Float32Array.from(samples.filter((_, i) => (i >> 1) % 2 === c));
      const covariance = [[std[0]! ** 2], [0, std[1]! ** 2]];
      expectMoments(own, { mean, covariance }, `${process.kind}, class ${c}, seed 3`);
    });
  },
);

test('a scale, or guidance without a classifier on top, sharpens the class', async () => {
  const source = mixture({ components, process: vp, parametrisation: 'eps' });
  const [x, level, label] = [Float32Array.of(0.2, -0.1), 200, Int32Array.of(0)] as const;
  const plain = await source.predict(x.slice(), level);
  const once = await classifierGuided(source, parts(vp)).predict(x.slice(), level, label);
  const thrice = await classifierGuided(source, { ...parts(vp), scale: 3 }).predict(x.slice(), level, label);
  once.forEach((value, d) => expect(thrice[d]! - plain[d]!).toBeCloseTo(3 * (value - plain[d]!), 5));
  const run = async (model: ScoreSource, guidance: number) =>
    (await sample(model, { sampler: ddim(), steps: 20, count: 2, seed: 1, label: [0, 1], guidance }).result)
      .samples;
  const free = await run(classifierGuided(source, parts(vp)), 2);
  (await run(classifierGuided(source, { ...parts(vp), scale: 3 }), 0)).forEach((value, i) =>
    expect(value).toBeCloseTo(free[i]!, 4),
  );
});

test('energies have the log probability taken off, and need it', async () => {
  const source = mixture({ components, process: ve });
  const guided = classifierGuided(source, parts(ve));
  const { prediction, energy } = await guided.evaluate!(
    Float32Array.of(1, 1, 1, 1),
    0.5,
    Int32Array.of(1, 2),
  );
  const one = await mixture({ components: [components[1]!], process: ve }).evaluate(
    Float32Array.of(1, 1),
    0.5,
  );
  const all = await source.evaluate(Float32Array.of(1, 1), 0.5);
  expect(energy[0]).toBeCloseTo(one.energy[0]!, 4);
  expect(energy[1]).toBeCloseTo(all.energy[0]!, 5);
  expect(prediction[0]).toBeCloseTo(one.prediction[0]!, 4);
  const noValue = classifierGuided(source, {
    classes: 2,
    logProbability: async (x) => ({ gradient: new Float32Array(x.length) }),
  });
  const options = { sampler: mala({ eps: 0.01 }), steps: 2, count: 1, seed: 1, label: 1 };
  await expect(sample(noValue, options).result).rejects.toThrow('needs the value of log p(y | x)');
});

test('what does not fit is refused', async () => {
  const source = mixture({ components, process: vp });
  expect(() => classifierGuided(source, { ...parts(vp), classes: 0 })).toThrow('classes is 0');
  expect(() => classifierGuided(source, { ...parts(vp), scale: NaN })).toThrow('scale is NaN');
  const labelled = { ...source, card: { ...source.card, classes: { count: 3, unconditional: 3 } } };
  expect(() => classifierGuided(labelled, parts(vp))).toThrow('knows 2 classes and the model 3');
  const short = { classes: 2, logProbability: async () => ({ gradient: new Float32Array(1) }) };
  await expect(
    classifierGuided(source, short).predict(new Float32Array(2), 5, Int32Array.of(0)),
  ).rejects.toThrow('a gradient of 1 numbers for 2');
});
