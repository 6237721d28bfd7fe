import type { InputSpec, TracedFunction } from '@scorebridge/export';
import type * as tf from '@tensorflow/tfjs';

/** A network of TensorFlow.js, as users build them. */
export interface Net {
  readonly fn: TracedFunction;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** Inputs that are indices lie below this; others are normal. */
  readonly below?: number;
  /** Sizes of its symbolic dimensions at which it is checked. */
  readonly sizes: readonly Readonly<Record<string, number>>[];
  /** What a network of layers was made of; of another, its weights by name. */
  readonly model?: tf.LayersModel;
  readonly weights?: Readonly<Record<string, tf.Tensor>>;
  readonly dispose: () => void;
}
