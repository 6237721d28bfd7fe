import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { logSoftmax } from '../autodiff/softmax.js';
import type { Objective } from './objective.js';

export interface CrossEntropyOptions {
  classes: number;
}

/** Mean over the batch of -log softmax(logits)[label], for a network that predicts logits [B, classes] from x alone. */
export function crossEntropy({ classes }: CrossEntropyOptions): Objective {
  return {
    draw({ x, label }) {
      if (label === undefined)
        throw new Error('A classifier needs labels, and the data has none: train it on data with labels.');
      // One-hot on the host, as a lookup by index has no simple gradient graph.
      const rows = Array.from(label.data as Int32Array, (l) => {
        if (!(l >= 0 && l < classes))
          throw new Error(`The data has label ${l}; the classifier has the classes 0 to ${classes - 1}.`);
        return l;
      });
      const target = new Float32Array(rows.length * classes);
      rows.forEach((l, i) => (target[i * classes + l] = 1));
      return {
        x,
        target: new Tensor('float32', target, [rows.length, classes]),
      };
    },
    loss(predict, { x, target }) {
      const logits = predict(x!, tf.zeros([x!.shape[0]!]));
      return tf.neg(tf.mean(tf.sum(tf.mul(target!, logSoftmax(logits)), -1)));
    },
  };
}
