import * as tf from '@tensorflow/tfjs';
import { zeros } from '../models/initialisers.js';
import type { Dropout } from '../models/network.js';
import type { ParameterScope } from '../models/parameter-scope.js';
import type { Parameters } from '../models/parameters.js';
import { conv2d } from './conv2d.js';
import { dense } from './dense.js';
import { dropout } from './dropout.js';
import { groupNorm } from './group-norm.js';
import { silu } from './silu.js';

export interface ResidualBlockOptions {
  inputs: number;
  outputs: number;
  /** Width of the embedding of level and label. */
  embedding: number;
  groups: number;
  dropout: number;
  /** Height and width of the image, which dropout has to know. */
  size: readonly [number, number];
}

/**
 * The residual block of DDPM (Ho et al., 2020, appendix B): norm, SiLU, conv; plus the embedding; norm, SiLU, dropout,
 * conv; plus the input. The second convolution starts at zero. `embedding` [B, embedding] comes through its SiLU.
 */
export function residualBlock(
  scope: ParameterScope,
  { inputs, outputs, embedding, groups, dropout: rate, size }: ResidualBlockOptions,
): (p: Parameters, x: tf.Tensor4D, embedding: tf.Tensor2D, source?: Dropout) => tf.Tensor4D {
  const norm1 = groupNorm(scope.at('norm1'), { channels: inputs, groups });
  // The bias of the embedding does for this convolution too.
  const conv1 = conv2d(scope.at('conv1'), { inputs, outputs, bias: false });
  const shift = dense(scope.at('embedding'), { inputs: embedding, outputs });
  const norm2 = groupNorm(scope.at('norm2'), { channels: outputs, groups });
  const drop = dropout(scope.at('dropout'), { shape: [...size, outputs], rate });
  const conv2 = conv2d(scope.at('conv2'), { inputs: outputs, outputs, init: zeros });
  const skip =
    inputs === outputs
      ? (_: Parameters, x: tf.Tensor4D) => x
      : conv2d(scope.at('skip'), { inputs, outputs, size: 1, bias: false });
  return scope.layer('residualBlock', (p, x, e, source) => {
    const h = conv1(p, silu(norm1(p, x)));
    const shifted: tf.Tensor4D = tf.add(h, tf.reshape(shift(p, e), [-1, 1, 1, outputs]));
    return tf.add(skip(p, x), conv2(p, drop(silu(norm2(p, shifted)), source)));
  });
}
