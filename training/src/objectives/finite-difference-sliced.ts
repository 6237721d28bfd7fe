import * as tf from '@tensorflow/tfjs';
import type { LabelOptions } from './draws.js';
import { levelOf } from './level-of.js';
import type { Objective, Predict } from './objective.js';
import { slicedDraw, type SliceOptions } from './slices.js';
import { sumPerSample } from './sum-per-sample.js';
import { weightedMean } from './weighted-mean.js';

export interface FiniteDifferenceSlicedOptions extends SliceOptions, LabelOptions {
  /**
   * h, how far x +- h v lies from x in each dimension, 0.05 by default. The error of the differences grows as h^2, the
   * rounding of float32 energies as 1 / h^2.
   */
  h?: number;
}

/**
 * Sliced score matching by central differences, with no derivative with respect to x at all (Pang, Xu, Li, Song, Ermon
 * and Zhu, Efficient Learning of Generative Models via Finite-Difference Score Matching, 2020), per dimension. With
 * s+- = s(x +- h v) and, for an energy, f+- = f(x +- h v):
 * E[ v'(s+ - s-) / (2h) + 1/8 ||s+ + s-||^2 ] of a score,
 * E[ (2f - f+ - f-) / h^2 + 1/2 ((f+ - f-) / (2h))^2 ] of an energy. Both are `sliced` but for O(h^2), the first with its
 * variance reduced.
 *
 * @throws RangeError if `slices` is not a positive integer or h not a positive number
 */
export function finiteDifferenceSliced({
  h = 0.05,
  ...options
}: FiniteDifferenceSlicedOptions = {}): Objective {
  const draw = slicedDraw(options);
  if (!(h > 0 && h < Infinity)) throw new RangeError(`h is ${h}; expected a positive number.`);
  return {
    draw,
    loss(predict, inputs) {
      const { x, label, weight } = inputs as Record<string, tf.Tensor>;
      const at = <T extends tf.Tensor>(f: (...input: Parameters<Predict>) => T, x: tf.Tensor) =>
        f(x, levelOf(inputs), label as tf.Tensor1D | undefined);
      const ofDirection = predict.energy ? ofEnergy(predict.energy) : ofScore(predict);

      function ofEnergy(energy: NonNullable<Predict['energy']>) {
        const twice = tf.mul(2, at(energy, x!));
        return (step: tf.Tensor) => {
          const [plus, minus] = [at(energy, tf.add(x!, step)), at(energy, tf.sub(x!, step))];
          const slope = tf.div(tf.sub(plus, minus), 2 * h);
          const curvature = tf.div(tf.sub(twice, tf.add(plus, minus)), h * h);
          return tf.add(curvature, tf.mul(0.5, tf.square(slope)));
        };
      }
      function ofScore(score: Predict) {
        return (step: tf.Tensor) => {
          const [plus, minus] = [at(score, tf.add(x!, step)), at(score, tf.sub(x!, step))];
          const trace = tf.div(sumPerSample(tf.mul(step, tf.sub(plus, minus))), 2 * h * h);
          return tf.add(trace, tf.mul(1 / 8, sumPerSample(tf.square(tf.add(plus, minus)))));
        };
      }

      const losses = tf.unstack(inputs.slices!, 1).map((v) => ofDirection(tf.mul(h, v)));
      const mean = tf.div(tf.addN(losses), losses.length);
      return tf.div(weightedMean(mean, weight), x!.size / x!.shape[0]!);
    },
  };
}
