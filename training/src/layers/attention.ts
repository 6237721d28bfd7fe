import * as tf from '@tensorflow/tfjs';
import { zeros } from '../models/initialisers.js';
import type { ParameterScope } from '../models/parameter-scope.js';
import { conv2d } from './conv2d.js';
import { groupNorm } from './group-norm.js';
import type { Layer } from './layer.js';

/**
 * softmax(q k' / sqrt(d)) v for q, k, v [..., N, d] (Vaswani et al., Attention Is All You Need, 2017, eq. 1).
 */
export function attention<T extends tf.Tensor>(q: T, k: T, v: T): T {
  const scale = 1 / Math.sqrt(q.shape[q.rank - 1]!);
  return tf.matMul(tf.softmax(tf.matMul(tf.mul(q, scale), k, false, true)), v);
}

/**
 * Self-attention between the pixels of [B, H, W, channels], added to its input; its last projection starts at zero,
 * so that the block starts as the identity. Throws if the heads do not divide the channels.
 */
export function selfAttention(
  scope: ParameterScope,
  { channels, groups, heads = 1 }: { channels: number; groups: number; heads?: number },
): Layer<tf.Tensor4D> {
  if (channels % heads !== 0)
    throw new Error(
      `Attention cannot share ${channels} channels among ${heads} heads: choose heads that divide them.`,
    );
  const norm = groupNorm(scope.at('norm'), { channels, groups });
  // No bias: the keys' cancels in the softmax (its gradient is rounding noise, which Adam would amplify), and the norm's
  // offset and the last projection's bias do for the others.
  const project = conv2d(scope.at('qkv'), { inputs: channels, outputs: 3 * channels, size: 1, bias: false });
  const out = conv2d(scope.at('out'), { inputs: channels, outputs: channels, size: 1, init: zeros });
  return scope.layer('selfAttention', (p, x) => {
    const [batch, height, width] = x.shape;
    const pixels = height * width;
    const split = (t: tf.Tensor) =>
      heads === 1
        ? tf.reshape(t, [batch, pixels, channels])
        : tf.transpose(tf.reshape(t, [batch, pixels, heads, channels / heads]), [0, 2, 1, 3]);
    const [q, k, v] = tf.split(project(p, norm(p, x)), 3, 3).map(split) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const mixed = attention(q, k, v);
    const joined = heads === 1 ? mixed : tf.transpose(mixed, [0, 2, 1, 3]);
    return tf.add(x, out(p, tf.reshape(joined, [batch, height, width, channels])));
  });
}
