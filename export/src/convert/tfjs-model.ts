import type * as tf from '@tensorflow/tfjs-core';

/** One input of a model. */
export interface ModelInput {
  readonly name: string;
  readonly dtype: 'float32' | 'int32' | 'bool';
  /** -1 where any size may stand; undefined where not even the rank is known. */
  readonly shape: readonly number[] | undefined;
  /** The shape that the model was made for, where it says more than `shape`. */
  readonly usual?: readonly number[] | undefined;
}

/** A model of TensorFlow.js that can be traced, whatever kind it is of. */
export interface TfjsModel {
  readonly inputs: readonly ModelInput[];
  /** Names of the outputs, in order. */
  readonly outputs: readonly string[];
  /** The names that weights have, and shall keep. */
  readonly weights: Readonly<Record<string, tf.Tensor>>;
  /** Calls the model, synchronously, which under the recording backend makes a graph of it. */
  apply(inputs: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor>;
  /** Runs the model as TensorFlow.js itself does, for comparison. */
  run(inputs: Readonly<Record<string, tf.Tensor>>): Promise<Record<string, tf.Tensor>>;
  dispose(): void;
}
