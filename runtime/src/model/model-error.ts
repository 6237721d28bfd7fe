/** A file that holds no score model, or another one than its card says. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}
