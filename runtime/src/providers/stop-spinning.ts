import type { InferenceSession } from 'onnxruntime-common';

/**
 * A session's threads spin for a while after each call, so as to be quick at the next, and take the processor from what runs in
 * between: another session, such as a guide's, takes twice as long beside them. Here they stop with the call.
 */
export const stopSpinning = ({
  extra,
  ...options
}: InferenceSession.SessionOptions = {}): InferenceSession.SessionOptions => ({
  ...options,
  extra: { ...extra, session: { force_spinning_stop: '1', ...(extra?.['session'] as object | undefined) } },
});
