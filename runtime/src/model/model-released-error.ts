/** A model was asked after its release. */
export class ModelReleasedError extends Error {
  override readonly name = 'ModelReleasedError';

  constructor() {
    super('The model was released; load it again.');
  }
}
