import type * as tf from '@tensorflow/tfjs';
import type { Parameters, ParameterSpec } from './parameters.js';

/** A place in a network where dropout needs one uniform number per element: its name and shape without the batch. */
export interface DropoutSite {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The uniform numbers in [0, 1) for a dropout site, [batch, ...site.shape]; they are inputs, never drawn in a graph. */
export type Dropout = (site: string) => tf.Tensor;

/** What a network is a function of; see {@link Network}. */
export type NetworkInputs = [
  p: Parameters,
  x: tf.Tensor,
  level: tf.Tensor1D,
  label?: tf.Tensor1D,
  options?: { dropout?: Dropout | undefined },
];

/** What a network with a learned variance gives: tensors of the shape of x. */
export interface PredictionWithVariance {
  readonly prediction: tf.Tensor;
  /** v of sigma^2 = exp(v log beta + (1 - v) log betat). */
  readonly varianceShare: tf.Tensor;
}

/**
 * A network: a list of parameters and a pure function of them.
 *
 * `apply` takes x [batch, ...shape], level [batch] (sigma for VE, t in 1..T for discrete VP) and, if the network is
 * conditional, label [batch] int32 with the number of classes standing for "no label". Without `dropout` nothing is
 * dropped, as in sampling.
 */
export interface Network {
  readonly specs: readonly ParameterSpec[];
  readonly dropoutSites?: readonly DropoutSite[];
  apply(...inputs: NetworkInputs): tf.Tensor;
  /** Of a network that also learns the variance of a step: what `apply` gives, and that. */
  applyWithVariance?(...inputs: NetworkInputs): PredictionWithVariance;
}
