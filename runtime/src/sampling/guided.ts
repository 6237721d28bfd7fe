import type { FloatArray } from './float-array.js';
import { type Guidance, mix } from './guidance.js';
import type { Scratch } from './scratch.js';
import type { Evaluation, ScoreSource, VariancePrediction } from '../model/score-model.js';

/**
 * A prediction for x, [batch, ...shape], at one level or one a sample; the array that it returns holds until the next call.
 * With `rows`, x are these samples of the batch alone.
 */
export type Predict = (
  x: FloatArray,
  level: number | FloatArray,
  rows?: readonly number[],
) => Promise<FloatArray>;

/** A prediction with its energy. */
export type Evaluate = (x: Float32Array, level: number) => Promise<Evaluation>;

/** A prediction with the learned variance. */
export type PredictVariance = (x: Float32Array, level: number) => Promise<VariancePrediction>;

/** What a source answers, guided; what it does not give is undefined. */
export interface Guided {
  readonly predict: Predict;
  readonly evaluate: Evaluate | undefined;
  readonly predictVariance: PredictVariance | undefined;
}

/**
 * Classifier-free guidance, eps = (1 + w) eps_c - w eps_u (Ho and Salimans, "Classifier-free diffusion guidance", 2022,
 * equation 6), by one network call on a doubled batch; without guidance the unlabelled half is not computed. Every
 * parametrisation is affine in eps with the same coefficients for both halves, and the score is linear in the energy, so
 * the rule holds for each as it stands. The learned variance is that of the labelled half.
 *
 * @param scratch where predictions are written, of the type that the state has
 * @returns what a source answers for batches that `scratch` was made for.
 */
export function guided(
  source: ScoreSource,
  { w, interval: [least, largest], rescale }: Guidance,
  labels: Int32Array | undefined,
  scratch: Scratch,
): Guided {
  const { card, predict, predictFloat64 } = source;
  const { both } = scratch;
  const float64 = scratch.drawn instanceof Float64Array;
  // Energies and variances come from networks, whose numbers are float32.
  const { evaluate, predictVariance } = float64 ? {} : source;
  const ask = (
    out: Float32Array,
  ): ((x: FloatArray, level: number | FloatArray, labels?: Int32Array) => Promise<FloatArray>) =>
    float64
      ? (x, level, labels) => predictFloat64!(x as Float64Array, level as number | Float64Array, labels)
      : (x, level, labels) =>
          predict(x as Float32Array, level as number | Float32Array, labels, out.subarray(0, x.length));
  const labelsOf = (rows?: readonly number[]) =>
    rows && labels ? Int32Array.from(rows, (row) => labels[row]!) : labels;
  const ofHalf = ask(scratch.prediction);
  const plain: Guided = {
    predict: (x, level, rows) => ofHalf(x, level, labelsOf(rows)),
    evaluate: evaluate && ((x, level) => evaluate(x, level, labels)),
    predictVariance: predictVariance && ((x, level) => predictVariance(x, level, labels)),
  };
  if (!labels || w === 0) return plain;

  const ofBoth = ask(both.prediction);
  const andUnlabelled = (labels: Int32Array): Int32Array => {
    const both = new Int32Array(2 * labels.length).fill(card.classes!.unconditional!);
    both.set(labels);
    return both;
  };
  const bothLabels = andUnlabelled(labels);
  const twice = <A extends FloatArray>(x: A, out = both.x.subarray(0, 2 * x.length)): A => {
    out.set(x);
    out.set(x, x.length);
    return out as A;
  };
  const guide = <A extends FloatArray>(both: A): A => mix(both, labels.length, { weights: [w], rescale });
  const within = (level: number) => level >= least && level <= largest;
  return {
    predict: async (x, level, rows) => {
      const each = typeof level === 'number' ? [level] : Array.from(level);
      if (!each.some(within)) return plain.predict(x, level, rows);
      const asked = rows ? andUnlabelled(labelsOf(rows)!) : bothLabels;
      const levels =
        typeof level === 'number' ? level : twice(level, both.levels.subarray(0, 2 * level.length));
      const weights = each.map((level) => (within(level) ? w : 0));
      return mix(await ofBoth(twice(x), levels, asked), asked.length / 2, { weights, rescale });
    },
    evaluate:
      evaluate &&
      (async (x, level) => {
        if (!within(level)) return plain.evaluate!(x, level);
        const { prediction, energy } = await evaluate(twice(x), level, bothLabels);
        return {
          prediction: guide(prediction),
          energy: mix(energy, labels.length, { weights: [w], rescale: 0 }),
        };
      }),
    predictVariance:
      predictVariance &&
      (async (x, level) => {
        if (!within(level)) return plain.predictVariance!(x, level);
        const { prediction, varianceShare } = await predictVariance(twice(x), level, bothLabels);
        return { prediction: guide(prediction), varianceShare: varianceShare.subarray(0, x.length) };
      }),
  };
}
