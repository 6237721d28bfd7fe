import type { InferenceSession } from 'onnxruntime-common';
import { firstLine } from './provider.js';
import type { Lock } from './lock.js';

/**
 * A session whose runs and release go through `lock`. After a lost GPU device the next run on the same session never
 * comes back, so the first failure that names one marks the session dead and every later run is refused.
 */
export function lockedSession(session: InferenceSession, lock: Lock): InferenceSession {
  let lost: string | undefined;
  const run = (...[feeds, ...rest]: Parameters<InferenceSession['run']>) =>
    lock.run(async () => {
      if (lost) throw new Error(`The GPU device was lost (${lost}); load the model again.`);
      try {
        return await session.run(feeds, ...rest);
      } catch (error) {
        if (/device.*\blost\b|\blost\b.*device/i.test(firstLine(error))) lost = firstLine(error);
        throw error;
      }
    });
  return {
    run: run as InferenceSession['run'],
    release: () => lock.run(() => session.release()),
    startProfiling: () => session.startProfiling(),
    endProfiling: () => session.endProfiling(),
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    inputMetadata: session.inputMetadata,
    outputMetadata: session.outputMetadata,
  };
}
