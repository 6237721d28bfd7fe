import * as tf from '@tensorflow/tfjs';

/** A layer that TensorFlow.js does not have: half of what comes in. */
class Halving extends tf.layers.Layer {
  static className = 'Halving';

  call(inputs) {
    return tf.div(Array.isArray(inputs) ? inputs[0] : inputs, 2);
  }
}
tf.serialization.registerClass(Halving);
