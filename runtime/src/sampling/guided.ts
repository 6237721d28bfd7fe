import type { Evaluation, ScoreSource, VariancePrediction } from '../model/score-model.js';

/** A prediction for x, [batch, ...shape], at one level; the array that it returns holds until the next call. */
export type Predict = (x: Float32Array, level: number) => Promise<Float32Array>;

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
 * @returns what a source answers for batches of `size` numbers.
 */
export function guided(
  { card, predict, evaluate, predictVariance }: ScoreSource,
  size: number,
  labels?: Int32Array,
  w = 0,
): Guided {
  if (!labels || w === 0) {
    const out = new Float32Array(size);
    return {
      predict: (x, level) => predict(x, level, labels, out),
      evaluate: evaluate && ((x, level) => evaluate(x, level, labels)),
      predictVariance: predictVariance && ((x, level) => predictVariance(x, level, labels)),
    };
  }
  const bothX = new Float32Array(2 * size);
  const bothOut = new Float32Array(2 * size);
  const bothLabels = new Int32Array(2 * labels.length).fill(card.classes!.unconditional!);
  bothLabels.set(labels);
  const twice = (x: Float32Array) => {
    bothX.set(x);
    bothX.set(x, size);
    return bothX;
  };
  const mix = (both: Float32Array) => {
    const n = both.length / 2;
    const mixed = both.subarray(0, n);
    for (let i = 0; i < n; i++) mixed[i] = (1 + w) * mixed[i]! - w * both[n + i]!;
    return mixed;
  };
  return {
    predict: async (x, level) => mix(await predict(twice(x), level, bothLabels, bothOut)),
    evaluate:
      evaluate &&
      (async (x, level) => {
        const { prediction, energy } = await evaluate(twice(x), level, bothLabels);
        return { prediction: mix(prediction), energy: mix(energy) };
      }),
    predictVariance:
      predictVariance &&
      (async (x, level) => {
        const { prediction, varianceShare } = await predictVariance(twice(x), level, bothLabels);
        return { prediction: mix(prediction), varianceShare: varianceShare.subarray(0, size) };
      }),
  };
}
