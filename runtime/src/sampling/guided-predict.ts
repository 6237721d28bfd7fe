import type { ScoreSource } from '../model/score-model.js';

/** A prediction for x, [batch, ...shape], at one level; the array that it returns holds until the next call. */
export type Predict = (x: Float32Array, level: number) => Promise<Float32Array>;

/**
 * Classifier-free guidance, eps = (1 + w) eps_c - w eps_u (Ho and Salimans, "Classifier-free diffusion guidance", 2022,
 * equation 6), by one network call on a doubled batch; without guidance the unlabelled half is not computed. Every
 * parametrisation is affine in eps with the same coefficients for both halves, so the rule holds for each as it stands.
 */
export function guidedPredict(
  { card, predict }: ScoreSource,
  size: number,
  labels?: Int32Array,
  w = 0,
): Predict {
  if (!labels || w === 0) {
    const out = new Float32Array(size);
    return (x, level) => predict(x, level, labels, out);
  }
  const n = labels.length;
  const bothX = new Float32Array(2 * size);
  const bothOut = new Float32Array(2 * size);
  const bothLabels = new Int32Array(2 * n).fill(card.classes!.unconditional!);
  bothLabels.set(labels);
  return async (x, level) => {
    bothX.set(x);
    bothX.set(x, size);
    const both = await predict(bothX, level, bothLabels, bothOut);
    const guided = both.subarray(0, size);
    for (let i = 0; i < size; i++) guided[i] = (1 + w) * guided[i]! - w * both[size + i]!;
    return guided;
  };
}
