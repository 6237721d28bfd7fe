import { type Transferable, Worker } from 'node:worker_threads';
import { checkInput } from '../model/check-input.js';
import type { LoadOptions } from '../model/load-options.js';
import type { Evaluation, ScoreModel, ScoreSource, VariancePrediction } from '../model/score-model.js';
import { firstLine } from '../providers/provider.js';
import { fromPlainError } from './errors.js';
import type { Loaded, Reply, Request } from './messages.js';

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/**
 * Loads a score model in a worker thread, where its network calls leave this thread's event loop alone. Errors come
 * over as they were thrown; an abort while loading stops the worker; one that dies fails what it was asked instead of
 * leaving it open. An idle worker does not keep the process alive.
 *
 * @param entry the script of the worker's side.
 */
export async function loadInWorker(
  source: string | URL | Uint8Array,
  { signal, onProgress, provider, threads, sessionOptions }: LoadOptions,
  entry: URL = new URL('./worker-thread.js', import.meta.url),
): Promise<ScoreModel> {
  signal?.throwIfAborted();
  const worker = new Worker(entry);
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (reason: unknown) => void }>();
  let asked = 0;
  let end: unknown;

  const ask = <T>(request: WithoutId<Request>, transfer: Transferable[] = []) =>
    new Promise<T>((resolve, reject) => {
      if (end) return reject(end as Error);
      const id = asked++;
      open.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.ref();
      worker.postMessage({ ...request, id } as Request, transfer);
    });
  const stop = (reason: unknown) => {
    end ??= reason;
    for (const { reject } of open.values()) reject(end);
    open.clear();
    void worker.terminate();
  };

  worker.on('message', (reply: Reply) => {
    if ('progress' in reply) return onProgress?.(reply.progress);
    const promise = open.get(reply.id);
    open.delete(reply.id);
    if (open.size === 0) worker.unref();
    if ('error' in reply) promise?.reject(fromPlainError(reply.error));
    else promise?.resolve(reply.value);
  });
  worker.on('error', (error) =>
    stop(new Error(`The worker failed (${firstLine(error)}); load the model again.`)),
  );
  worker.on('exit', (code) =>
    stop(new Error(`The worker ended with exit code ${code}; load the model again.`)),
  );

  const abort = () => stop(signal!.reason);
  signal?.addEventListener('abort', abort);
  const {
    card,
    provider: chosen,
    extras,
  } = await ask<Loaded>({
    method: 'load',
    source: source instanceof URL ? source.href : source,
    options: {
      ...(provider && { provider }),
      ...(threads !== undefined && { threads }),
      ...(sessionOptions && { sessionOptions }),
    },
  })
    .catch((error: unknown) => {
      stop(error);
      throw error;
    })
    .finally(() => signal?.removeEventListener('abort', abort));

  const askAll = async <T>(
    method: 'evaluate' | 'predictVariance',
    ...[x, level, label]: Parameters<ScoreSource['predict']>
  ) => {
    checkInput(card, x, level, label);
    const copy = x.slice();
    return ask<T>({ method, x: copy, level, label }, [copy.buffer]);
  };

  return {
    card,
    provider: chosen,
    async predict(x, level, label, out) {
      checkInput(card, x, level, label, out);
      const copy = x.slice();
      const prediction = await ask<Float32Array>({ method: 'predict', x: copy, level, label }, [copy.buffer]);
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
