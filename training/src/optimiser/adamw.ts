import * as tf from '@tensorflow/tfjs';

/** What stays the same during a run. */
export interface AdamWOptions {
  /** 0.9 by default. */
  beta1?: number;
  /** 0.999 by default. */
  beta2?: number;
  /** 1e-8 by default. */
  epsilon?: number;
}

/** Flat vectors of one length. */
export interface AdamWState {
  parameters: tf.Tensor1D;
  firstMoment: tf.Tensor1D;
  secondMoment: tf.Tensor1D;
}

/** What changes from step to step, as scalars, so that a traced step holds none of it. */
export interface AdamWScalars {
  learningRate: tf.Scalar;
  /** 1 - beta1^k at step k = 1, 2, ... */
  correction1: tf.Scalar;
  /** 1 - beta2^k. */
  correction2: tf.Scalar;
}

/**
 * One step of AdamW (Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019, algorithm 2, with the decay
 * multiplied by the learning rate). `decay` is the weight decay of each parameter, or undefined for none.
 */
export function adamw(
  { parameters, firstMoment, secondMoment }: AdamWState,
  gradient: tf.Tensor1D,
  { learningRate, correction1, correction2 }: AdamWScalars,
  decay?: tf.Tensor1D,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamWOptions = {},
): AdamWState {
  const m: tf.Tensor1D = tf.add(tf.mul(firstMoment, beta1), tf.mul(gradient, 1 - beta1));
  const v: tf.Tensor1D = tf.add(tf.mul(secondMoment, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const adam = tf.div(tf.div(m, correction1), tf.add(tf.sqrt(tf.div(v, correction2)), epsilon));
  const update = decay === undefined ? adam : tf.add(adam, tf.mul(decay, parameters));
  return {
    parameters: tf.sub(parameters, tf.mul(learningRate, update)),
    firstMoment: m,
    secondMoment: v,
  };
}
