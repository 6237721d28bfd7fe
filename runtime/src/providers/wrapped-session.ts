import type { InferenceSession } from 'onnxruntime-common';

/** A session that is `session` in all but what it does to run and to be released. */
export const wrappedSession = (
  session: InferenceSession,
  run: (...args: Parameters<InferenceSession['run']>) => Promise<InferenceSession.ReturnType>,
  release: () => Promise<void>,
): InferenceSession => ({
  run: run as InferenceSession['run'],
  release,
  startProfiling: () => session.startProfiling(),
  endProfiling: () => session.endProfiling(),
  inputNames: session.inputNames,
  outputNames: session.outputNames,
  inputMetadata: session.inputMetadata,
  outputMetadata: session.outputMetadata,
});
