import type { Config } from './schema.js';

/** The options that a schedule of learning rates is made of. */
export type LearningRateOptions = Pick<
  Config,
  'learningRate' | 'warmup' | 'decay' | 'steps' | 'finalLearningRate' | 'milestones' | 'factor'
>;

/**
 * The learning rate of step k = 1, 2, ..., steps: it rises linearly to `learningRate` over `warmup` steps. Then
 * - constant: it stays;
 * - linear, cosine: it falls towards `finalLearningRate` times itself, which it would reach at step `steps` + 1, so that
 *   with 0 no step is without effect;
 * - inverse-sqrt: it falls as sqrt(warmup / k), for a warm-up of at least 1 (Vaswani et al., Attention Is All You Need,
 *   2017, eq. 3);
 * - step: it is multiplied by `factor` after each step that `milestones` names.
 */
export function learningRateSchedule({
  learningRate,
  warmup,
  decay,
  steps,
  finalLearningRate,
  milestones,
  factor,
}: LearningRateOptions): (step: number) => number {
  const elapsed = (step: number) => Math.min((step - 1 - warmup) / (steps - warmup), 1);
  const towardsFinal = (share: number) => finalLearningRate + (1 - finalLearningRate) * share;
  const fall: Record<typeof decay, (step: number) => number> = {
    constant: () => 1,
    linear: (step) => towardsFinal(1 - elapsed(step)),
    cosine: (step) => towardsFinal((1 + Math.cos(Math.PI * elapsed(step))) / 2),
    'inverse-sqrt': (step) => Math.sqrt(Math.max(warmup, 1) / step),
    step: (step) => factor ** milestones.filter((milestone) => step > milestone).length,
  };
  return (step) => (step <= warmup ? (learningRate * step) / warmup : learningRate * fall[decay](step));
}
