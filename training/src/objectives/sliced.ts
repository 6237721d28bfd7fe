import * as tf from '@tensorflow/tfjs';
import { hutchinsonDivergence } from '../autodiff/hutchinson-divergence.js';
import type { LabelOptions } from './draws.js';
import { levelOf } from './level-of.js';
import type { Objective } from './objective.js';
import { slicedDraw, type SliceOptions } from './slices.js';
import { sumPerSample } from './sum-per-sample.js';
import { weightedMean } from './weighted-mean.js';

export interface SlicedOptions extends SliceOptions, LabelOptions {
  /** Whether 1/2 ||s||^2 takes the place of 1/2 (v's)^2, its value on average; true by default. */
  varianceReduced?: boolean;
}

/**
 * Sliced score matching: E_v E_x[ v' grad_x s(x) v + 1/2 ||s(x)||^2 ] or, without variance reduction,
 * E_v E_x[ v' grad_x s(x) v + 1/2 (v's(x))^2 ], per dimension (Song, Garg, Shi and Ermon, Sliced Score Matching, 2019,
 * equations 8 and 7). Both are `explicit` on average over v, at one backward pass for each slice, whatever the dimension.
 *
 * @throws RangeError if `slices` is not a positive integer
 */
export function sliced({ varianceReduced = true, ...options }: SlicedOptions = {}): Objective {
  const draw = slicedDraw(options);
  return {
    draw,
    loss(predict, inputs) {
      const { x, label, weight } = inputs as Record<string, tf.Tensor>;
      const score = (x: tf.Tensor) => predict(x, levelOf(inputs), label as tf.Tensor1D | undefined);
      const s = score(x!);
      const losses = tf.unstack(inputs.slices!, 1).map((v) => {
        const trace = hutchinsonDivergence(score, x!, v);
        const square = varianceReduced ? sumPerSample(tf.square(s)) : tf.square(sumPerSample(tf.mul(v, s)));
        return tf.add(trace, tf.mul(0.5, square));
      });
      const mean = tf.div(tf.addN(losses), losses.length);
      return tf.div(weightedMean(mean, weight), x!.size / x!.shape[0]!);
    },
  };
}
