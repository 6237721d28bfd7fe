import * as tf from '@tensorflow/tfjs';
import { comparisons } from './comparisons.js';
import { exponentials } from './exponentials.js';
import { extrema } from './extrema.js';
import { linearAdjoints } from './linear-adjoints.js';
import { softmaxes } from './softmax.js';

let registered = false;

/**
 * Puts gradients in place that can be differentiated again. Call it before training anything whose loss holds a
 * derivative of the network, such as an energy's score: with the stock gradients of TensorFlow.js 4.22 such a loss
 * has wrong gradients, and in part without an error (see `fromInputs`). First derivatives stay what they were.
 * Calling it again does nothing.
 */
export function registerCorrectedGradients(): void {
  if (registered) return;
  registered = true;
  for (const config of [...exponentials, ...softmaxes, ...extrema, ...comparisons, ...linearAdjoints]) {
    if (tf.getGradient(config.kernelName) !== undefined) tf.unregisterGradient(config.kernelName);
    tf.registerGradient(config);
  }
}
