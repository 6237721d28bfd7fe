/** A file whose bytes are not those that its hash names, or whose hash cannot be checked here. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError';
}
