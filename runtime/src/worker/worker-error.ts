/** The worker thread of a model failed or ended by itself: what it was asked has no answer, nor has what it is asked later. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError';

  /** @param what happened to the worker, as in "The worker ...". */
  constructor(what: string, options?: ErrorOptions) {
    super(`The worker ${what}; load the model again.`, options);
  }
}
