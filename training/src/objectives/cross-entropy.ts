import { integers, STREAM } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { logSoftmax } from '../autodiff/softmax.js';
import type { HostTensor, Objective, StepRandom } from './objective.js';

export interface CrossEntropyOptions {
  classes: number;
  /** Images are moved by up to this many pixels in each direction, their border rows repeated; 0 by default. */
  shift?: number;
}

/** Mean over the batch of -log softmax(logits)[label], for a network that predicts logits [B, classes] from x alone. */
export function crossEntropy({ classes, shift = 0 }: CrossEntropyOptions): Objective {
  return {
    draw({ x, label }, random) {
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
        x: shift > 0 ? shiftImages(x, shift, random) : x,
        target: new Tensor('float32', target, [rows.length, classes]),
      };
    },
    loss(predict, { x, target }) {
      const logits = predict(x!, tf.zeros([x!.shape[0]!]));
      return tf.neg(tf.mean(tf.sum(tf.mul(target!, logSoftmax(logits)), -1)));
    },
  };
}

/** Moves each image of x [B, H, W, C] by its own -shift .. shift pixels down and across. */
function shiftImages(x: HostTensor, shift: number, random: StepRandom): HostTensor {
  const [batch, height, width, channels] = x.dims as [number, number, number, number];
  const from = x.data as Float32Array;
  const to = new Float32Array(from.length);
  const key = { ...random, stream: STREAM.augmentation };
  const offsets = integers(new Int32Array(2 * batch), 2 * shift + 1, key).map((n) => n - shift);
  const clamp = (i: number, size: number) => Math.min(Math.max(i, 0), size - 1);
  let out = 0;
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++) {
        const row = clamp(i - offsets[2 * n]!, height);
        const column = clamp(j - offsets[2 * n + 1]!, width);
        const at = ((n * height + row) * width + column) * channels;
        for (let c = 0; c < channels; c++) to[out++] = from[at + c]!;
      }
  return new Tensor('float32', to, x.dims);
}
