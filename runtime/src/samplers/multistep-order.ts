export interface MultistepOrderOptions {
  readonly order: number;
  readonly lowerOrderFinal: boolean;
  /** `lowerOrderFinal` holds of runs of fewer steps than this. */
  readonly below: number;
}

/**
 * The order of step `step` (from 0) of `steps`, as diffusers has it: at most as many as there are estimates so far, and with
 * `lowerOrderFinal` as there are steps left.
 */
export const multistepOrder = (
  step: number,
  steps: number,
  { order, lowerOrderFinal, below }: MultistepOrderOptions,
): number => Math.min(order, step + 1, lowerOrderFinal && steps < below ? steps - step : order);
