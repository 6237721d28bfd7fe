import { checkInput } from '../model/check-input.js';
import type { LoadOptions } from '../model/load-options.js';
import { ModelReleasedError } from '../model/model-released-error.js';
import type { ScoreModel } from '../model/score-model.js';
import { firstLine } from '../providers/provider.js';
import { fromPlainError } from './errors.js';
import type { About, Loaded, Method, Methods, Reply, Request } from './messages.js';

/** A worker of Node or of a page, as the host sees it. */
export interface WorkerPort {
  /** @throws DataCloneError if the message cannot be sent. */
  post(message: unknown, transfer: ArrayBuffer[]): void;
  /** Whether the process has to stay for its answers, where that depends on workers. */
  keepAlive?(alive: boolean): void;
  /** Ends the worker, which may have ended already. */
  terminate(): void;
}

/** What a worker says to its host. */
export interface WorkerListener {
  reply(reply: Reply): void;
  /** The worker failed or ended, so that no reply will come. */
  fail(reason: Error): void;
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/**
 * Loads a score model in a worker, where its network calls leave this thread's event loop alone. Only these cross: a
 * sampler, which is a function, stays in this thread with all that it was made of, and its arithmetic is a few percent of a
 * call's time. Errors come over as they were thrown; an abort while loading ends the worker; one that dies fails what it was
 * asked, and all later calls.
 *
 * @param start starts the worker, which runs `serveModel`.
 */
export async function hostModel<A extends About>(
  start: (listener: WorkerListener) => WorkerPort,
  source: unknown,
  { signal, onProgress, vjp, ...options }: Omit<LoadOptions, 'vjp'> & { vjp?: unknown },
): Promise<ScoreModel & A> {
  signal?.throwIfAborted();
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (reason: unknown) => void }>();
  let asked = 0;
  let end: unknown;

  const ask = <T>(request: WithoutId<Request<unknown, object>>, transfer: ArrayBuffer[] = []) =>
    new Promise<T>((resolve, reject) => {
      if (end) return reject(end as Error);
      const id = asked++;
      // First, since it throws what cannot be sent.
      port.post({ ...request, id }, transfer);
      open.set(id, { resolve: resolve as (value: unknown) => void, reject });
      port.keepAlive?.(true);
    });
  const stop = (reason: unknown) => {
    end ??= reason;
    for (const { reject } of open.values()) reject(end);
    open.clear();
    port.terminate();
  };
  const port = start({
    reply(reply) {
      if ('progress' in reply) {
        try {
          onProgress?.(reply.progress);
        } catch (error) {
          stop(error);
        }
        return;
      }
      const promise = open.get(reply.id);
      open.delete(reply.id);
      if (open.size === 0) port.keepAlive?.(false);
      if ('error' in reply) promise?.reject(fromPlainError(reply.error));
      else promise?.resolve(reply.value);
    },
    fail: stop,
  });

  const abort = () => stop(signal!.reason);
  signal?.addEventListener('abort', abort);
  const [model, product] = [ownBytes(source), ownBytes(vjp)];
  const { about, methods } = await ask<Loaded<A>>(
    { method: 'load', source: model, options: { ...options, ...(vjp !== undefined && { vjp: product }) } },
    [model, product].flatMap((bytes) => (bytes instanceof Uint8Array ? [bytes.buffer as ArrayBuffer] : [])),
  )
    .catch((error: unknown) => {
      const refused = isNotCloneable(error) ? notPlain(error) : error;
      stop(refused);
      throw refused;
    })
    .finally(() => signal?.removeEventListener('abort', abort));

  const call = <M extends Method>(method: M, ...args: Parameters<Methods[M]>) => {
    // Of its own memory each, which crosses without another copy, and nothing beside it.
    const copies = args.map((arg) => (typeof arg === 'object' ? arg.slice() : arg)) as typeof args;
    const transfer = copies.flatMap((arg) => (typeof arg === 'object' ? [arg.buffer as ArrayBuffer] : []));
    return ask<Awaited<ReturnType<Methods[M]>>>(
      { method, args: copies } as WithoutId<Request<unknown, object>>,
      transfer,
    );
  };
  const extras: Omit<Methods, 'predict'> = {
    async evaluate(x, level, label) {
      checkInput(about.card, x, level, label);
      return call('evaluate', x, level, label);
    },
    async predictVariance(x, level, label) {
      checkInput(about.card, x, level, label);
      return call('predictVariance', x, level, label);
    },
    async vjp(x, level, v, label) {
      checkInput(about.card, x, level, label);
      return call('vjp', x, level, v, label);
    },
  };
  return {
    ...about,
    ...Object.fromEntries(Object.entries(extras).filter(([name]) => methods.includes(name as Method))),
    async predict(x, level, label, out) {
      checkInput(about.card, x, level, label, out);
      const prediction = await call('predict', x, level, label);
      out?.set(prediction);
      return out ?? prediction;
    },
    async release() {
      if (end) return;
      const released = ask<void>({ method: 'release' });
      end = new ModelReleasedError();
      await released.catch(() => undefined);
      stop(end);
    },
  };
}

/** A copy of the bytes, if it is bytes: the caller keeps its own, and what its array is a part of is not sent. */
function ownBytes(source: unknown): unknown {
  if (source instanceof Uint8Array) return new Uint8Array(source);
  return source instanceof ArrayBuffer ? new Uint8Array(source.slice()) : source;
}

const isNotCloneable = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'DataCloneError';

const notPlain = (cause: Error) =>
  new TypeError(
    `The options of a model in a worker have to be plain data (${firstLine(cause)}); leave the rest out, or load the model without worker.`,
    { cause },
  );
