import type * as tf from '@tensorflow/tfjs-core';
import type { NodeDef } from './graph-def.js';

/** Whether the values of a tensor are there while the graph is laid out. */
export function isKnown(tensor: tf.Tensor): boolean {
  try {
    tensor.dataSync();
    return true;
  } catch {
    return false;
  }
}

/**
 * The values of a tensor that decides what a graph does: in a trace, one that follows from constants and sizes.
 *
 * @throws Error naming the node, where the values are only known when the model runs
 */
export function known(tensor: tf.Tensor, { name, op }: NodeDef): ArrayLike<number> {
  try {
    return tensor.dataSync();
  } catch (error) {
    throw new Error(
      `The node ${name} (${op}) depends on a value that is only known when the model runs, which cannot be exported yet.`,
      { cause: error },
    );
  }
}
