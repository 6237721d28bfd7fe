import * as tf from '@tensorflow/tfjs';

/** A layer of the user's own: each vector over its root mean square, times a gain that is learnt. */
export class RootMeanSquare extends tf.layers.Layer {
  static readonly className = 'RootMeanSquare';
  private gain?: tf.LayerVariable;
  private readonly seed: number;

  constructor({ seed = 1, ...rest }: { seed?: number; name?: string } = {}) {
    super(rest);
    this.seed = seed;
  }

  override build(shape: tf.Shape): void {
    const initializer = tf.initializers.randomUniform({ minval: 0.5, maxval: 2, seed: this.seed });
    this.gain = this.addWeight('gain', [shape.at(-1)!], 'float32', initializer);
    super.build(shape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      const scale = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-6));
      return tf.mul(tf.mul(x, scale), this.gain!.read());
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), seed: this.seed };
  }
}
tf.serialization.registerClass(RootMeanSquare);
