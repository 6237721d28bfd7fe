import { createSession } from '../providers/browser.js';
import type { CreateSession, Session } from '../providers/provider.js';
import type { GpuTensorConstructor } from '../webgpu/chain-device.js';
import { fetchBytes } from './fetch-bytes.js';
import { IntegrityError } from './integrity-error.js';
import { type CheckIntegrity, integrityCheck } from './integrity.js';
import type { LoadOptions } from './load-options.js';
import { openModelCache } from './model-cache.js';
import { openModel } from './open-model.js';
import { isAddress, type ModelSource, readSource } from './read-source.js';
import type { ScoreModel } from './score-model.js';

export interface BrowserLoadOptions extends LoadOptions {
  /**
   * Name of a cache of the browser (Cache API) to take the file of an address from, and to keep it in once it has loaded.
   * What it holds is used without asking the server, unless `integrity` says that it is another file.
   */
  cache?: string;
  /**
   * Whether the model runs in a worker, so that a network call never holds the page; not by default. x then crosses to the
   * worker and back in every step. `sessionOptions` have to be plain data.
   */
  worker?: boolean;
  /** The file's hash as in subresource integrity: `sha256-<base64>`, or sha384 or sha512. */
  integrity?: string;
}

/** Where the bytes of a model came from, and in words why from there, and what became of them. */
export interface Origin {
  readonly from: 'network' | 'cache' | 'memory';
  readonly reason: string;
}

export interface BrowserScoreModel extends ScoreModel {
  readonly origin: Origin;
}

/** `loadModel` without a worker: what the worker itself calls. */
export async function loadHere(
  source: ModelSource,
  options: BrowserLoadOptions = {},
): Promise<BrowserScoreModel> {
  const { cache, integrity, signal } = options;
  signal?.throwIfAborted();
  const check = integrityCheck(integrity);
  const { bytes, origin, keep } = isAddress(source)
    ? await fromAddress(source, cache, check, options)
    : await fromMemory(source, check, options);
  let made: Session | undefined;
  const create: CreateSession = async (...args) => {
    const session = await createSession(...args);
    // The first is the model's, a second its product's.
    made ??= session;
    return session;
  };
  const product = options.vjp && (await readSource(options.vjp, options));
  const model = await openModel(
    create,
    { bytes, file: bytes },
    options,
    product ? { bytes: product, file: product } : undefined,
  );
  try {
    signal?.throwIfAborted();
    return { ...model, ...(await chainsOf(made!, model)), origin: (await keep?.()) ?? origin };
  } catch (error) {
    await model.release();
    throw error;
  }
}

/** Chains beside the session, where it is on WebGPU and its steps need no more than a prediction. */
async function chainsOf({ gpu, session, Tensor }: Session, model: ScoreModel) {
  if (!gpu || model.predictVariance) return {};
  const { chainDevice } = await import('../webgpu/chain-device.js');
  return { chains: chainDevice(session, Tensor as GpuTensorConstructor, gpu, model) };
}

interface Read {
  readonly bytes: Uint8Array;
  readonly origin: Origin;
  /** Keeps the bytes, of which by then it is known that they are a model. */
  readonly keep?: () => Promise<Origin>;
}

async function fromMemory(
  source: Blob | ArrayBuffer | Uint8Array,
  check: CheckIntegrity,
  options: LoadOptions,
): Promise<Read> {
  const bytes = await readSource(source, options);
  await check(bytes, 'The model');
  return { bytes, origin: { from: 'memory', reason: 'its bytes were given' } };
}

async function fromAddress(
  source: string | URL,
  name: string | undefined,
  check: CheckIntegrity,
  options: LoadOptions,
): Promise<Read> {
  const address = String(source);
  const fetched = async () => {
    const bytes = await fetchBytes(source, options);
    await check(bytes, address);
    return bytes;
  };
  if (name === undefined) {
    return { bytes: await fetched(), origin: { from: 'network', reason: 'no cache was asked for' } };
  }
  const cache = await openModelCache(name);
  const kept = await cache.get(address);
  let reason = 'the cache did not have it';
  if (kept) {
    try {
      await check(kept, address);
      options.onProgress?.({ loaded: kept.length, total: kept.length });
      return { bytes: kept, origin: { from: 'cache', reason: `kept in ${name}` } };
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
      await cache.remove(address);
      reason = 'the cache had another file';
    }
  }
  const bytes = await fetched();
  const keep = async (): Promise<Origin> => {
    const failure = await cache.put(address, bytes);
    return { from: 'network', reason: failure ?? `${reason}; now kept in ${name}` };
  };
  return { bytes, origin: { from: 'network', reason: cache.missing ?? reason }, keep };
}
