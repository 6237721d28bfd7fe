import type * as tf from '@tensorflow/tfjs';
import type { Tensor } from 'onnxruntime-common';
import type { PredictionWithVariance } from '../models/network.js';

/** A tensor in the host's memory: `type`, `data`, `dims`. */
export type HostTensor = Tensor;

/** Names the random numbers of one training step; with a stream it is a `NoiseKey`. */
export interface StepRandom {
  readonly seed: number;
  readonly step: number;
}

/** A batch of data: x float32 [B, ...shape] and, where the data has them, label int32 [B]. */
export interface Batch {
  readonly x: HostTensor;
  readonly label?: HostTensor;
}

/** The network as an objective sees it: with its parameters, and dropout where it has any, filled in. */
export interface Predict {
  (x: tf.Tensor, level: tf.Tensor1D, label?: tf.Tensor1D): tf.Tensor;
  /** The energy f [B], of a network that has one. */
  readonly energy?: (x: tf.Tensor, level: tf.Tensor1D, label?: tf.Tensor1D) => tf.Tensor1D;
  /** The prediction and v of the learned variance, of a network that learns one (see `VariancePrediction`). */
  readonly withVariance?: (x: tf.Tensor, level: tf.Tensor1D, label?: tf.Tensor1D) => PredictionWithVariance;
  /** The same network with its parameters held fixed: no gradient flows into them through it. */
  readonly fixed?: Predict;
}

/**
 * What a network is trained to do, in two halves. `draw` runs on the host: it picks time steps, noise and per-sample
 * coefficients, in float64 and rounded once, as a pure function of the batch, the seed and the step. `loss` is made of
 * tensor operations alone and draws nothing, so that it can be traced and gives the same number on every engine.
 */
export interface Objective {
  /** What it keeps from step to step, flat, as it is before the first: a part of the training state, and of a checkpoint. */
  readonly memory?: Readonly<Record<string, Float32Array>>;
  draw(batch: Batch, random: StepRandom): Record<string, HostTensor>;
  /** @param memory what it keeps, which it may assign; not there where nothing is trained */
  loss(
    predict: Predict,
    inputs: Readonly<Record<string, tf.Tensor>>,
    memory?: Readonly<Record<string, tf.Variable>>,
  ): tf.Scalar;
}
