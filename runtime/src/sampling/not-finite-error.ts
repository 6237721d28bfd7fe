/** Where a run is: step 1 to `steps`. */
export interface Progression {
  readonly step: number;
  readonly steps: number;
}

/** The network's answer, or what follows from it, is no finite number, so that no sample can come of the run. */
export class NotFiniteError extends Error {
  override readonly name = 'NotFiniteError';

  constructor(
    what: 'prediction' | 'energy' | 'variance',
    readonly level: number,
    { step, steps }: Progression,
    remedy = 'try another provider or a smaller step size',
  ) {
    super(`The model's ${what} at level ${level} is not finite, in step ${step} of ${steps}; ${remedy}.`);
  }
}
