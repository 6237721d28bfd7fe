import { IntegrityError } from './integrity-error.js';

/** Holds a file against its hash. */
export type CheckIntegrity = (bytes: Uint8Array, source: string) => Promise<void>;

const HASH = /^(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})$/;
const LENGTHS: Record<string, number> = { sha256: 32, sha384: 48, sha512: 64 };

/**
 * The check of a hash in the form of subresource integrity, `sha256-<base64>`, with sha384 and sha512 beside it. Called
 * before a download, so that a hash that cannot be checked costs none.
 *
 * @throws RangeError if it is not of that form; IntegrityError where hashing is missing, as in a page that is not a secure
 *   context.
 */
export function integrityCheck(integrity: string | undefined): CheckIntegrity {
  if (integrity === undefined) return async () => {};
  const [, algorithm, hash] = HASH.exec(integrity) ?? [];
  if (!algorithm || !hash || atob(hash).length !== LENGTHS[algorithm]) {
    throw new RangeError(`integrity is ${integrity}; expected a hash such as sha256-<base64 of 32 bytes>.`);
  }
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle) {
    throw new IntegrityError(
      'The hash of the model cannot be checked, as the page is not a secure context: serve it by https, or leave integrity out.',
    );
  }
  return async (bytes, source) => {
    const digest = await subtle.digest(algorithm.replace('sha', 'SHA-'), bytes as Uint8Array<ArrayBuffer>);
    const found = btoa(String.fromCharCode(...new Uint8Array(digest)));
    if (found === hash) return;
    throw new IntegrityError(
      `${source} has the hash ${algorithm}-${found}; expected ${integrity}: the file was changed, or the hash is that of another.`,
    );
  };
}
