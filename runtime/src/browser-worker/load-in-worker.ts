import type { BrowserLoadOptions, BrowserScoreModel } from '../model/load-here.js';
import type { ModelSource } from '../model/read-source.js';
import { checkInput } from '../model/check-input.js';
import type { Evaluation, ScoreSource, VariancePrediction } from '../model/score-model.js';
import { fromPlainError } from '../node-worker/errors.js';
import type { FromWorker, Loaded, ToWorker } from './messages.js';

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/**
 * Loads a score model in a module worker, where its network calls leave the page alone. Errors come over as they were
 * thrown; an abort while loading ends the worker; one that fails fails what it was asked, instead of leaving it open.
 */
export async function loadInWorker(
  source: ModelSource,
  { signal, onProgress, worker: _here, ...options }: BrowserLoadOptions,
): Promise<BrowserScoreModel> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL('./worker-thread.js', import.meta.url), { type: 'module' });
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (reason: unknown) => void }>();
  let asked = 0;
  let end: Error | undefined;

  const ask = <T>(request: WithoutId<ToWorker>, transfer: Transferable[] = []) =>
    new Promise<T>((resolve, reject) => {
      if (end) return reject(end);
      const id = asked++;
      open.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage({ ...request, id }, transfer);
    });
  const stop = (reason: unknown) => {
    end ??= reason as Error;
    for (const { reject } of open.values()) reject(end);
    open.clear();
    worker.terminate();
  };

  worker.onmessage = ({ data: reply }: MessageEvent<FromWorker>) => {
    if ('progress' in reply) return onProgress?.(reply.progress);
    const promise = open.get(reply.id);
    open.delete(reply.id);
    if ('error' in reply) promise?.reject(fromPlainError(reply.error));
    else promise?.resolve(reply.value);
  };
  worker.onerror = ({ message }) =>
    stop(new Error(`The worker failed (${message || 'it did not start'}); load the model again.`));

  const abort = () => stop(signal!.reason);
  signal?.addEventListener('abort', abort);
  const address = typeof source === 'string' || source instanceof URL;
  const { card, provider, origin, extras } = await ask<Loaded>({
    method: 'load',
    // The worker has an address of its own, which is not what the page means by a relative one.
    source: address ? new URL(source, globalThis.document?.baseURI ?? location.href).href : source,
    options,
  })
    .catch((error: unknown) => {
      stop(error);
      throw error;
    })
    .finally(() => signal?.removeEventListener('abort', abort));

  const askAll = async <T>(
    method: 'evaluate' | 'predict' | 'predictVariance',
    ...[x, level, label]: Parameters<ScoreSource['predict']>
  ) => {
    checkInput(card, x, level, label);
    const copy = x.slice();
    return ask<T>({ method, x: copy, level, label }, [copy.buffer]);
  };

  return {
    card,
    provider,
    origin,
    async predict(x, level, label, out) {
      checkInput(card, x, level, label, out);
      const prediction = await askAll<Float32Array>('predict', x, level, label);
      out?.set(prediction);
      return out ?? prediction;
    },
    ...(extras.energy && { evaluate: (...call) => askAll<Evaluation>('evaluate', ...call) }),
    ...(extras.variance && {
      predictVariance: (...call) => askAll<VariancePrediction>('predictVariance', ...call),
    }),
    async release() {
      if (end) return;
      const released = ask<void>({ method: 'release' });
      end = new Error('The model was released; load it again.');
      await released.catch(() => undefined);
      stop(end);
    },
  };
}
