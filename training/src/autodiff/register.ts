import * as tf from '@tensorflow/tfjs';
import { batchNorms } from './batch-norm.js';
import { broadcastings } from './broadcasting.js';
import { comparisons } from './comparisons.js';
import { complexAbs } from './complex-abs.js';
import { convolutions } from './convolution.js';
import type { GradConfig } from './corrected-gradient.js';
import { exponentials } from './exponentials.js';
import { extrema } from './extrema.js';
import { localResponses } from './local-response.js';
import { mirrorPads } from './mirror-pad.js';
import { namedOps } from './named-ops.js';
import { poolings } from './pooling.js';
import { products } from './product.js';
import { resizings } from './resize.js';
import { sequences } from './sequences.js';
import { softmaxes } from './softmax.js';
import { steps } from './steps.js';

const corrected: readonly GradConfig[] = [
  ...exponentials,
  ...softmaxes,
  ...namedOps,
  ...extrema,
  ...products,
  ...comparisons,
  ...steps,
  ...broadcastings,
  ...sequences,
  ...convolutions,
  ...poolings,
  ...resizings,
  ...mirrorPads,
  ...localResponses,
  ...batchNorms,
  complexAbs,
];

let registered = false;

/**
 * Puts gradients in place that can be differentiated again. Call it before training anything whose loss holds a
 * derivative of the network, such as an energy's score: with the stock gradients of TensorFlow.js 4.22 such a loss
 * has wrong gradients, and in part without an error (see `fromInputs`). Calling it again does nothing.
 *
 * First derivatives stay what they were, but for the few that were wrong themselves: MirrorPad, FloorDiv, Cast to whole
 * numbers or booleans, Cumsum of another axis than the last, the labels of softmaxCrossEntropy, windows that were rounded
 * up, resizing with half-pixel centres, and on the cpu backend padded average pools and nearest neighbours of more than
 * one image.
 */
export function registerCorrectedGradients(): void {
  if (registered) return;
  registered = true;
  for (const config of corrected) {
    if (tf.getGradient(config.kernelName) !== undefined) tf.unregisterGradient(config.kernelName);
    tf.registerGradient(config);
  }
}
