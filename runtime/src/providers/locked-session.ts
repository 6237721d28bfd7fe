import type { InferenceSession } from 'onnxruntime-common';
import type { Gpu } from '../webgpu/gpu.js';
import { DeviceLostError } from './device-lost-error.js';
import type { Lock } from './lock.js';
import { firstLine } from './provider.js';
import { wrappedSession } from './wrapped-session.js';

/**
 * A session whose runs and release go through `lock`. A run on a lost GPU device may never come back: one that is under way
 * when `gpu` is lost fails, and every later run is refused.
 *
 * @throws DeviceLostError from `run`
 */
export function lockedSession(session: InferenceSession, lock: Lock, gpu?: Gpu): InferenceSession {
  let lost: DeviceLostError | undefined;
  const run = (...[feeds, ...rest]: Parameters<InferenceSession['run']>) =>
    lock.run(async () => {
      gpu?.check();
      if (lost) throw lost;
      try {
        const running = session.run(feeds, ...rest);
        return await (gpu ? Promise.race([running, gpu.lost]) : running);
      } catch (error) {
        gpu?.check();
        if (!/device.*\blost\b|\blost\b.*device/i.test(firstLine(error))) throw error;
        throw (lost = error instanceof DeviceLostError ? error : new DeviceLostError(firstLine(error)));
      }
    });
  return wrappedSession(session, run, () => lock.run(() => session.release()));
}
