import type { SourceCard } from '../card/source-card.js';
import type { ScoreSource } from '../model/score-model.js';
import { conversion } from '../parametrisation/convert.js';
import { levelsByNumber } from '../process/levels-by-number.js';
import { processLevels } from '../process/process-levels.js';
import { type GuidanceOptions, guidanceOf, mix } from './guidance.js';

/**
 * Autoguidance (Karras et al., "Guiding a diffusion model with a bad version of itself", 2024, equation 3): a model that is led
 * away from a weaker one of the same data, (1 + w) strong - w weak. Where the strong one errs the weak one errs alike and more,
 * so that samples come out cleaner, and at a small w as varied; it needs no labels. An earlier checkpoint will do for the weak one.
 *
 * With energies of both, theirs are guided likewise; a learned variance is that of the strong one. A step asks both models,
 * one after the other, and is not kept on a GPU in between.
 *
 * @param guidance w, or with it an interval of levels outside of which the weak one is not asked, and a rescaling
 * @throws RangeError if a number is out of range, or as `checkGuide` does
 */
export function autoguided(
  strong: ScoreSource,
  weak: ScoreSource,
  guidance: number | GuidanceOptions,
): ScoreSource {
  const { card } = strong;
  checkGuide(card, weak.card);
  const {
    w,
    interval: [least, largest],
    rescale,
  } = guidanceOf(guidance);
  const size = card.shape.reduce((product, n) => product * n, 1);
  const levelOf = levelsByNumber(card.process);
  const at = (level: number | Float32Array, row: number) => (typeof level === 'number' ? level : level[row]!);
  const labelOfWeak = (label?: Int32Array) => (weak.card.classes ? label : undefined);

  /**
   * Leads the strong prediction away from the weak one, in place; `ask` is what asks the weak model.
   *
   * @returns what the weak model said and w of each sample, or nothing where none is guided
   */
  const lead = async <Said extends { readonly prediction: Float32Array }>(
    prediction: Float32Array,
    x: Float32Array,
    level: number | Float32Array,
    ask: () => Promise<Said>,
  ) => {
    const weights = Array.from({ length: x.length / size }, (_, row) =>
      at(level, row) >= least && at(level, row) <= largest ? w : 0,
    );
    if (weights.every((weight) => weight === 0)) return undefined;
    const said = await ask();
    const both = new Float32Array(2 * x.length);
    both.set(prediction);
    const half = both.subarray(x.length);
    for (const row of weights.keys()) {
      const [onX, onY] = conversion(weak.card.parametrisation, card.parametrisation, levelOf(at(level, row)));
      for (let i = row * size; i < (row + 1) * size; i++) half[i] = onX * x[i]! + onY * said.prediction[i]!;
    }
    prediction.set(mix(both, weights.length, { weights, rescale }));
    return { said, weights };
  };
  const askWeak = (x: Float32Array, level: number | Float32Array, label?: Int32Array) => async () => ({
    prediction: await weak.predict(x, level, labelOfWeak(label)),
  });
  const { evaluate, predictVariance } = strong;
  return {
    card,
    remedy: strong.remedy ?? weak.remedy,
    async predict(x, level, label, out) {
      const prediction = await strong.predict(x, level, label, out);
      await lead(prediction, x, level, askWeak(x, level, label));
      return prediction;
    },
    ...(evaluate &&
      weak.evaluate && {
        async evaluate(x: Float32Array, level: number | Float32Array, label?: Int32Array) {
          const { prediction, energy } = await evaluate(x, level, label);
          const led = await lead(prediction, x, level, () => weak.evaluate!(x, level, labelOfWeak(label)));
          return {
            prediction,
            energy: led
              ? energy.map((f, row) => f + led.weights[row]! * (f - led.said.energy[row]!))
              : energy,
          };
        },
      }),
    ...(predictVariance && {
      async predictVariance(x: Float32Array, level: number | Float32Array, label?: Int32Array) {
        const found = await predictVariance(x, level, label);
        await lead(found.prediction, x, level, askWeak(x, level, label));
        return found;
      },
    }),
  };
}

/**
 * Holds the card of a model that is to guide another against that other's.
 *
 * @throws RangeError in one sentence unless both are of the same samples, noise levels and, where both have them, classes
 */
export function checkGuide(strong: SourceCard, weak: SourceCard): void {
  const differ = (what: string, theirs: unknown, own: unknown): never => {
    throw new RangeError(
      `The guide cannot lead this model: its ${what} is ${JSON.stringify(theirs)}, the model's ${JSON.stringify(own)}; expected a weaker model of the same, such as an earlier checkpoint.`,
    );
  };
  for (const key of ['shape', 'valueRange'] as const)
    if (strong[key].join() !== weak[key].join()) differ(key, weak[key], strong[key]);
  const [own, theirs] = [strong.process, weak.process].map((process) =>
    processLevels(process).flatMap(({ level, scale, sigma }) => [level, scale, sigma]),
  ) as [number[], number[]];
  if (own.join() !== theirs.join()) differ('process', weak.process, strong.process);
  if (strong.classes && weak.classes && strong.classes.count !== weak.classes.count)
    differ('number of classes', weak.classes.count, strong.classes.count);
}
