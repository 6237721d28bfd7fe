import type { BrowserLoadOptions, BrowserScoreModel } from '../model/load-here.js';
import { isAddress, type ModelSource } from '../model/read-source.js';
import { hostModel } from '../worker/host-model.js';
import type { Reply } from '../worker/messages.js';
import { WorkerError } from '../worker/worker-error.js';
import type { Held } from './held.js';

/** Loads a score model in a module worker. */
export async function loadInWorker(
  source: ModelSource,
  { worker: _here, ...options }: BrowserLoadOptions,
): Promise<BrowserScoreModel> {
  return hostModel<Pick<BrowserScoreModel, 'card' | 'provider' | 'remedy' | 'origin'>>(
    ({ reply, fail }) => {
      const worker = new Worker(new URL('./worker-thread.js', import.meta.url), { type: 'module' });
      worker.onmessage = ({ data }: MessageEvent<Reply | Held>) => {
        if (!('held' in data)) return reply(data);
        // Given up by the worker's end alone, of which a page is not told otherwise.
        void navigator.locks.request(data.held, () => fail(new WorkerError('ended by itself')));
      };
      worker.onerror = (event) => {
        // It is told to whoever asked, so it is not the page's too.
        event.preventDefault();
        fail(new WorkerError(`failed (${event.message || 'it did not start'})`));
      };
      // An answer that does not arrive is as good as none.
      worker.onmessageerror = () => fail(new WorkerError('failed (its answer cannot be read)'));
      return {
        post: (message, transfer) => worker.postMessage(message, transfer),
        terminate: () => worker.terminate(),
      };
    },
    absolute(source),
    { ...options, ...(options.vjp !== undefined && { vjp: absolute(options.vjp) }) },
  );
}

/** The worker has an address of its own, which is not what the page means by a relative one. */
const absolute = (source: ModelSource): ModelSource =>
  isAddress(source) ? new URL(source, globalThis.document?.baseURI ?? location.href).href : source;
