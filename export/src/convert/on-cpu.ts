import * as tf from '@tensorflow/tfjs-core';

/** Runs with tfjs's cpu backend in use, and puts back the backend that was. */
export async function onCpu<T>(run: () => Promise<T>): Promise<T> {
  const before = tf.getBackend();
  if (!tf.findBackend('cpu')) await import('@tensorflow/tfjs-backend-cpu');
  await tf.setBackend('cpu');
  try {
    return await run();
  } finally {
    if (before && before !== 'cpu') await tf.setBackend(before);
  }
}
