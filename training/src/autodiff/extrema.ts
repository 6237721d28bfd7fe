import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';

interface ReductionAttrs {
  // The kernel and its op disagree on the attribute's name; tfjs-core's own gradient reads the same two.
  reductionIndices?: number | number[];
  axis?: number | number[];
}

/** Max and Min over axes: dy goes to every element that equals the extremum, ties included, as in TensorFlow.js. */
export const extrema: readonly GradConfig[] = (
  [
    [tf.Max, tf.max],
    [tf.Min, tf.min],
  ] as const
).map(([kernelName, extremum]) =>
  fromInputs<'x', ReductionAttrs>(kernelName, ['x'], (dy, { x }, attrs) => ({
    x: () => {
      const axes = tf.util.parseAxisParam(attrs.reductionIndices ?? attrs.axis!, x.shape);
      const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
      const chosen = tf.cast(tf.equal(x, extremum(x, axes, true)), 'float32');
      return tf.mul(tf.reshape(dy, kept), chosen);
    },
  })),
);
