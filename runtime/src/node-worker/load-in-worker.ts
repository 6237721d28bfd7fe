import { type Transferable, Worker } from 'node:worker_threads';
import { checkInput } from '../model/check-input.js';
import type { LoadOptions, Progress } from '../model/load-options.js';
import { ModelReleasedError } from '../model/model-released-error.js';
import type { Evaluation, ScoreModel, ScoreSource, VariancePrediction } from '../model/score-model.js';
import { firstLine } from '../providers/provider.js';
import { fromPlainError } from './errors.js';
import type { Loaded, Reply, Request } from './messages.js';
import { WorkerError } from './worker-error.js';

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/**
 * Loads a score model in a worker thread, where its network calls leave this thread's event loop alone. Only these cross:
 * a sampler, which is a function, stays in this thread with all that it was made of, and its arithmetic is a few percent
 * of a call's time. Errors come over as they were thrown; an abort while loading stops the worker; one that dies fails
 * what it was asked, and all later calls, with a WorkerError. An idle worker does not keep the process alive.
 *
 * What no thread survives ends the process here as well: an abort in native code.
 *
 * @param entry the script of the worker's side.
 */
export async function loadInWorker(
  source: string | URL | Uint8Array,
  { signal, onProgress, provider, threads, sessionOptions, card: given, inputs }: LoadOptions,
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
      // First, since it throws what cannot be sent.
      worker.postMessage({ ...request, id } as Request, transfer);
      open.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.ref();
    });
  const stop = (reason: unknown) => {
    end ??= reason;
    for (const { reject } of open.values()) reject(end);
    open.clear();
    void worker.terminate();
  };

  const report = (progress: Progress) => {
    try {
      onProgress?.(progress);
    } catch (error) {
      stop(error);
    }
  };
  worker.on('message', (reply: Reply) => {
    if ('progress' in reply) return report(reply.progress);
    const promise = open.get(reply.id);
    open.delete(reply.id);
    if (open.size === 0) worker.unref();
    if ('error' in reply) promise?.reject(fromPlainError(reply.error));
    else promise?.resolve(reply.value);
  });
  const fail = (cause: unknown) => stop(new WorkerError(`failed (${firstLine(cause)})`, { cause }));
  worker.on('error', fail);
  // An answer that does not arrive is as good as none.
  worker.on('messageerror', fail);
  worker.on('exit', (code) => stop(new WorkerError(`ended with exit code ${code}`)));

  // The caller keeps its bytes, and what its array is a part of is not sent.
  const bytes = source instanceof Uint8Array ? new Uint8Array(source) : undefined;
  const abort = () => stop(signal!.reason);
  signal?.addEventListener('abort', abort);
  const {
    card,
    provider: chosen,
    extras,
  } = await ask<Loaded>(
    {
      method: 'load',
      source: bytes ?? String(source),
      options: {
        ...(provider && { provider }),
        ...(threads !== undefined && { threads }),
        ...(sessionOptions && { sessionOptions }),
        ...(given && { card: given }),
        ...(inputs && { inputs }),
      },
    },
    bytes && [bytes.buffer],
  )
    .catch((error: unknown) => {
      const refused = isNotCloneable(error) ? notPlain(error) : error;
      stop(refused);
      throw refused;
    })
    .finally(() => signal?.removeEventListener('abort', abort));

  const askCopies = <T>(
    method: 'predict' | 'evaluate' | 'predictVariance',
    ...[x, level, label]: Parameters<ScoreSource['predict']>
  ) => {
    // Of its own memory each, which crosses without another copy, and nothing beside it.
    const given = {
      x: x.slice(),
      level: typeof level === 'number' ? level : level.slice(),
      label: label?.slice(),
    };
    return ask<T>({ method, ...given }, [given.x.buffer]);
  };
  const askAll = async <T>(
    method: 'evaluate' | 'predictVariance',
    ...[x, level, label]: Parameters<ScoreSource['predict']>
  ) => {
    checkInput(card, x, level, label);
    return askCopies<T>(method, x, level, label);
  };

  return {
    card,
    provider: chosen,
    async predict(x, level, label, out) {
      checkInput(card, x, level, label, out);
      const prediction = await askCopies<Float32Array>('predict', x, level, label);
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
      end = new ModelReleasedError();
      await released.catch(() => undefined);
      stop(end);
    },
  };
}

const isNotCloneable = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'DataCloneError';

const notPlain = (cause: Error) =>
  new TypeError(
    `The options of a model in a worker have to be plain data (${firstLine(cause)}); leave the rest out, or load the model without worker.`,
    { cause },
  );
