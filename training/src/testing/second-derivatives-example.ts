import * as tf from '@tensorflow/tfjs';
import { divergence, hutchinsonDivergence, hvp, jvp, vjp } from '../index.js';

// The score -grad f of an energy f(x) = sum log cosh x_i, a sample a row.
const energy = (x: tf.Tensor) => tf.sum(tf.log(tf.cosh(x)), 1);
const score = (x: tf.Tensor) => tf.neg(tf.grad((x) => tf.sum(energy(x)))(x));

const x = tf.tensor2d([[0, 1], [2, -1]]); // prettier-ignore
const v = tf.tensor2d([[1, 0], [0.5, 2]]); // prettier-ignore

const { value, pullback } = vjp(score, x, v); // -tanh x, v' J
const { tangent } = jvp(score, x, v); // J v
const hessianV = hvp(energy, x, v); // H v = -J v
const trace = divergence(score, x); // [B], exact: a backward pass a dimension
const estimate = hutchinsonDivergence(score, x, v); // [B], v' J v: one backward pass

// Any of them can be differentiated again, compiled, or exported: Hyvärinen's score matching, by x.
const loss = (x: tf.Tensor) =>
  tf.mean(tf.add(divergence(score, x), tf.mul(0.5, tf.sum(tf.square(score(x)), 1))));
const gradient = tf.grad(loss)(x);

for (const t of [value, pullback, tangent, hessianV, trace, estimate, gradient]) console.log(t.arraySync());
