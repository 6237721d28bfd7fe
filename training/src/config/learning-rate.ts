import type { Config } from './schema.js';

/**
 * The learning rate of step k = 1, 2, ..., steps: it rises linearly to `learningRate` over `warmup` steps, then falls
 * towards 0, which it would reach at step `steps` + 1, so that no step is without effect.
 */
export function learningRateSchedule({
  learningRate,
  warmup,
  decay,
  steps,
}: Pick<Config, 'learningRate' | 'warmup' | 'decay' | 'steps'>): (step: number) => number {
  const fall = {
    constant: () => 1,
    linear: (u: number) => 1 - u,
    cosine: (u: number) => (1 + Math.cos(Math.PI * u)) / 2,
  }[decay];
  return (step) =>
    step <= warmup
      ? (learningRate * step) / warmup
      : learningRate * fall(Math.min((step - 1 - warmup) / (steps - warmup), 1));
}
