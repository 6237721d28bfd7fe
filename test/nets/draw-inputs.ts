import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import type { Net } from './net.js';

export const SEED = 5;

/** Values for the inputs of a net, drawn from the seed, for tfjs and for ONNX Runtime. */
export function drawInputs(
  { inputs, below = 2 }: Pick<Net, 'inputs' | 'below'>,
  sizes: Readonly<Record<string, number>>,
): {
  tensors: tf.TensorContainerObject & Record<string, tf.Tensor>;
  host: Record<string, Tensor>;
} {
  const tensors: Record<string, tf.Tensor> = {};
  const host: Record<string, Tensor> = {};
  Object.entries(inputs).forEach(([name, { dtype, shape }], i) => {
    const dims = shape.map((d) => (typeof d === 'string' ? sizes[d]! : d));
    const drawn =
      dtype === 'int32'
        ? tf.randomUniform(dims, 0, below, 'int32', SEED + i)
        : tf.randomNormal(dims, 0, 1, 'float32', SEED + i);
    tensors[name] = drawn;
    host[name] = new Tensor(dtype as 'float32', drawn.dataSync() as Float32Array, dims);
  });
  return { tensors, host };
}
