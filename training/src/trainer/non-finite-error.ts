/** A number in the loss, its gradient or the parameters stopped being finite. */
export class NonFiniteError extends Error {
  override readonly name = 'NonFiniteError';
}
