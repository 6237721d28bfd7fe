/** An explicit Runge-Kutta method that knows how far a step is off. */
export interface RungeKuttaMethod {
  /** q of an error that is estimated as h^(q + 1). */
  readonly errorOrder: number;
  /** c_i of each stage, the first of which is at 0. */
  readonly nodes: readonly number[];
  /** a_ij of each stage: those of the stages before it. */
  readonly matrix: readonly (readonly number[])[];
  /** b_i: the step is y + h sum_i b_i k_i. */
  readonly weights: readonly number[];
  /**
   * The size of a step's error where `scale` is what each number may be off by: a step of at most 1 is good.
   *
   * @param stages the derivatives k_i, and that at the end of the step
   */
  errorNorm(h: number, stages: readonly Float64Array[], scale: Float64Array): number;
}
