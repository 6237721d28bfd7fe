import type { ModelCard } from '../card/model-card.js';
import type { ChainDevice } from '../sampling/device-chain.js';
import type { SourceCard } from '../card/source-card.js';
import type { Provider } from '../providers/provider.js';

/** A prediction and the energy that goes with it. */
export interface Evaluation {
  /** [batch, ...shape], in the card's parametrisation. */
  readonly prediction: Float32Array;
  /**
   * f = -log p at the level, [batch], up to a constant of the level and label, so that the score is -grad f. Its differences
   * are exact to 6e-8 |f|, and have to be to much less than 1: a constant that makes f large costs what it is for.
   */
  readonly energy: Float32Array;
}

/** A prediction and the variance of the step that goes with it. */
export interface VariancePrediction {
  /** [batch, ...shape], in the card's parametrisation. */
  readonly prediction: Float32Array;
  /**
   * v of the learned variance, [batch, ...shape]: sigma^2 = exp(v log beta + (1 - v) log betat), which 0 makes the smallest,
   * that of the posterior, and 1 the largest; trained models keep near [0, 1] but are not held to it (Nichol and Dhariwal,
   * "Improved denoising diffusion probabilistic models", 2021, equation 15).
   */
  readonly varianceShare: Float32Array;
}

/** A prediction and v' times its Jacobian by x. */
export interface Pullback {
  /** [batch, ...shape], in the card's parametrisation. */
  readonly prediction: Float32Array;
  /** [batch, ...shape], v' grad_x prediction, of each sample by itself. */
  readonly vjp: Float32Array;
}

/** Anything that can be asked for a score: a network, or a closed form in its place. */
export interface ScoreSource {
  readonly card: SourceCard;
  /** What to do where its predictions are not finite: the end of a sentence, of a `NotFiniteError`. */
  readonly remedy?: string | undefined;
  /**
   * @param x [batch, ...shape].
   * @param level one level for the whole batch, or one a sample: t in 1..T for vp, sigma for ve.
   * @param label [batch], of a model with classes; without it the samples are unlabelled.
   * @param out [batch, ...shape], written and returned where given.
   * @returns the prediction, [batch, ...shape], in the card's parametrisation.
   */
  predict(
    x: Float32Array,
    level: number | Float32Array,
    label?: Int32Array,
    out?: Float32Array,
  ): Promise<Float32Array>;
  /**
   * `predict` in float64, of a closed form that computes in it; `sample` with `float64` needs it. One level for the whole
   * batch, or one a sample for samplers whose samples are each at their own.
   *
   * @returns an array of the caller's.
   */
  predictFloat64?(x: Float64Array, level: number | Float64Array, label?: Int32Array): Promise<Float64Array>;
  /**
   * Prediction and energy by one network call, of a source that has an energy; samplers that accept or reject need it.
   * Its arguments are those of `predict`, and the arrays that it returns are the caller's.
   */
  evaluate?(x: Float32Array, level: number | Float32Array, label?: Int32Array): Promise<Evaluation>;
  /** Where the source can keep chains beside the network; `sample` uses it for samplers that can be there. */
  readonly chains?: ChainDevice;
  /** Prediction and variance by one network call, of a source that has learned one. Arguments and arrays as for `evaluate`. */
  predictVariance?(
    x: Float32Array,
    level: number | Float32Array,
    label?: Int32Array,
  ): Promise<VariancePrediction>;
  /**
   * Prediction and vector-Jacobian product by one network call, of a source that has a derivative: what a likelihood is
   * found by. Without it central differences of `predict` stand in (see `logLikelihood`). Arguments and arrays as for
   * `evaluate`.
   *
   * @param v [batch, ...shape].
   */
  vjp?(x: Float32Array, level: number | Float32Array, v: Float32Array, label?: Int32Array): Promise<Pullback>;
}

/** A score model loaded from an ONNX file. */
export interface ScoreModel extends ScoreSource {
  readonly card: ModelCard;
  readonly provider: Provider;
  /** Frees the session (and its worker); calls reject afterwards. */
  release(): Promise<void>;
}
