import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';

/** Prod over axes: dy times the product of the other elements, which a zero among them leaves right. */
export const products: readonly GradConfig[] = [
  fromInputs<'x', { axis?: number | number[] | null }>(tf.Prod, ['x'], (dy, { x }, { axis }) => ({
    x: () => {
      const axes = tf.util.parseAxisParam(axis ?? x.shape.map((_, i) => i), x.shape);
      const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
      const order = [...kept, ...axes];
      const n = axes.reduce((product, i) => product * x.shape[i]!, 1);
      // Rank 3, however often it is differentiated.
      const rows = tf.reshape(tf.transpose(x, order), [x.size / n, 1, n]);
      const diagonal = tf.reshape(tf.cast(tf.eye(n), 'bool'), [1, n, n]);
      const others = tf.prod(tf.where(diagonal, tf.onesLike(rows), rows), -1);
      const dx = tf.mul(tf.reshape(dy, [x.size / n, 1]), others);
      const back = order.map((_, i) => order.indexOf(i));
      return tf.transpose(
        tf.reshape(
          dx,
          order.map((i) => x.shape[i]!),
        ),
        back,
      );
    },
  })),
];
