import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';

interface CumsumAttrs {
  axis: number;
  exclusive: boolean;
  reverse: boolean;
}

/** A kernel of several outputs is given one gradient each, but where it has one output a tensor and not a list. */
const list = (dys: tf.Tensor | tf.Tensor[]): tf.Tensor[] => [dys].flat();

export const sequences: readonly GradConfig[] = [
  // The stock gradient transposes its result where the axis is not the last.
  fromInputs<'x', CumsumAttrs>(tf.Cumsum, ['x'], (dy, _, { axis, exclusive, reverse }) => ({
    x: () => tf.cumsum(dy, axis, exclusive, !reverse),
  })),
  // The gradients of these two are each other's kernels, and the stock ones fail where there is one output.
  fromInputs<never, { axis: number }>(tf.SplitV, [], (dys, _, { axis }) => ({
    x: () => tf.concat(list(dys), axis),
  })),
  fromInputs<never, { axis: number }>(tf.Unpack, [], (dys, _, { axis }) => ({
    value: () => tf.stack(list(dys), axis),
  })),
];
