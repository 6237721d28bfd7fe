import * as tf from '@tensorflow/tfjs';
import { line, type Examples } from '../example.js';
import { ints } from '../parity.js';

/** A distribution with one outcome alone: drawn by chance, and yet known. */
const certain = (i: tf.Tensor) => tf.oneHot(i, 5, 1, 0, 'float32') as tf.Tensor2D;

export const random: Examples = {
  Multinomial: [
    line({ i: ints(['batch'], 5) }, ({ i }) => tf.multinomial(tf.mul(certain(i), 200), 3)),
    line({ i: ints(['batch'], 5) }, ({ i }) => tf.multinomial(certain(i), 3, 7, true)),
    line({ i: ints([1], 5) }, ({ i }) => tf.multinomial(tf.mul(tf.reshape(certain(i), [5]), 200) as tf.Tensor1D, 4)),
  ],
}; // prettier-ignore
