import { Worker } from 'node:worker_threads';
import type { LoadOptions } from '../model/load-options.js';
import type { ScoreModel } from '../model/score-model.js';
import { firstLine } from '../providers/provider.js';
import { hostModel } from '../worker/host-model.js';
import type { Reply } from '../worker/messages.js';
import { WorkerError } from '../worker/worker-error.js';

/**
 * Loads a score model in a worker thread. An idle one does not keep the process alive. What no thread survives ends the
 * process here as well: an abort in native code.
 *
 * @param entry the script of the worker's side.
 */
export async function loadInWorker(
  source: string | URL | Uint8Array,
  options: LoadOptions,
  entry: URL = new URL('./worker-thread.js', import.meta.url),
): Promise<ScoreModel> {
  return hostModel(
    ({ reply, fail }) => {
      const worker = new Worker(entry);
      const failed = (cause: unknown) => fail(new WorkerError(`failed (${firstLine(cause)})`, { cause }));
      worker.on('message', (message: Reply) => reply(message));
      worker.on('error', failed);
      // An answer that does not arrive is as good as none.
      worker.on('messageerror', failed);
      worker.on('exit', (code) => fail(new WorkerError(`ended with exit code ${code}`)));
      return {
        post: (message, transfer) => worker.postMessage(message, transfer),
        keepAlive: (alive) => (alive ? worker.ref() : worker.unref()),
        terminate: () => void worker.terminate(),
      };
    },
    source instanceof Uint8Array ? source : String(source),
    { ...options, ...(options.vjp instanceof URL && { vjp: String(options.vjp) }) },
  );
}
