import * as tf from '@tensorflow/tfjs';
import { leCunUniform, zeros, type Initialiser } from '../models/initialisers.js';
import type { ParameterScope } from '../models/parameter-scope.js';
import type { Layer } from './layer.js';

export interface Conv2dOptions {
  inputs: number;
  outputs: number;
  /** Side of the square window; 3 by default. */
  size?: number;
  /** 1 by default. The output is ceil(input / stride) high and wide. */
  stride?: number;
  /** True by default; leave it out before a norm that would cancel it. */
  bias?: boolean;
  init?: Initialiser;
}

/** Convolution of [B, H, W, inputs] with `kernel` [size, size, inputs, outputs], zero padding ("same"). */
export function conv2d(
  scope: ParameterScope,
  { inputs, outputs, size = 3, stride = 1, bias = true, init = leCunUniform }: Conv2dOptions,
): Layer<tf.Tensor4D> {
  const kernel = scope.declare<tf.Tensor4D>('kernel', [size, size, inputs, outputs], init);
  if (!bias) return scope.layer('conv2d', (p, x) => tf.conv2d(x, kernel(p), stride, 'same'));
  const offset = scope.declare('bias', [outputs], zeros);
  return scope.layer('conv2d', (p, x) => tf.add(tf.conv2d(x, kernel(p), stride, 'same'), offset(p)));
}
