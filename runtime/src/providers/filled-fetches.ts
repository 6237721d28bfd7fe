import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-common';
import { wrappedSession } from './wrapped-session.js';

type Fetches = Readonly<Record<string, unknown>>;

/**
 * A session whose runs give back preallocated fetches in main memory as they are. ONNX Runtime 1.30 in Node writes into them,
 * and then gives back a copy of each (microsoft/onnxruntime#32346), which would be garbage for long: V8 collects when its own
 * heap is full, and copies lie outside of that.
 *
 * @param Tensor the class of the ONNX Runtime that made the session
 */
export const withFilledFetches = (session: InferenceSession, Tensor: TensorConstructor): InferenceSession =>
  wrappedSession(
    session,
    async (feeds, ...rest) => {
      const results = await session.run(feeds, ...rest);
      // Else an array of names, or options.
      const fetches = (rest[0] ?? {}) as Fetches;
      const filled: Record<string, Tensor> = {};
      for (const [name, result] of Object.entries(results)) {
        const fetch = fetches[name];
        if (!(fetch instanceof Tensor) || fetch.location !== 'cpu' || fetch.type === 'string') continue;
        filled[name] = fetch;
        const [given, copy] = [bufferOf(fetch), bufferOf(result)];
        if (copy !== given) free(copy);
      }
      return { ...results, ...filled };
    },
    () => session.release(),
  );

const bufferOf = ({ data }: Tensor) => (data as Float32Array).buffer as ArrayBuffer;

let nowhere: MessagePort | undefined;

/** Frees memory now: what is handed over to a port that is closed is gone. */
function free(buffer: ArrayBuffer): void {
  if (!nowhere) {
    nowhere = new MessageChannel().port1;
    nowhere.close();
  }
  nowhere.postMessage(null, [buffer]);
}
