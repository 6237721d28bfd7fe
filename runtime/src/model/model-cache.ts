import { firstLine } from '../providers/provider.js';

/** Files kept by their address in a named cache of the browser, which outlives the page. */
export interface ModelCache {
  /** Why nothing is kept here; undefined where files are. */
  readonly missing: string | undefined;
  get(address: string): Promise<Uint8Array | undefined>;
  /** @returns why the file was not kept; undefined where it was. */
  put(address: string, bytes: Uint8Array): Promise<string | undefined>;
  remove(address: string): Promise<void>;
}

/** Opens the cache; one that keeps nothing, and says why, where the browser gives none. */
export async function openModelCache(name: string): Promise<ModelCache> {
  const storage = globalThis.caches as CacheStorage | undefined;
  if (!storage) return noCache('the browser gives pages that are not secure contexts no cache');
  let cache: Cache;
  try {
    cache = await storage.open(name);
  } catch (error) {
    return noCache(`the browser does not open the cache: ${firstLine(error)}`);
  }
  return {
    missing: undefined,
    async get(address) {
      const response = await cache.match(address);
      return response && new Uint8Array(await response.arrayBuffer());
    },
    put: (address, bytes) =>
      cache.put(address, new Response(bytes as Uint8Array<ArrayBuffer>)).then(
        () => undefined,
        (error: unknown) => `the browser's cache does not take it: ${firstLine(error)}`,
      ),
    async remove(address) {
      await cache.delete(address);
    },
  };
}

const noCache = (missing: string): ModelCache => ({
  missing,
  get: async () => undefined,
  put: async () => missing,
  remove: async () => {},
});
