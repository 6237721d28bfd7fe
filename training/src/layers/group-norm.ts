import * as tf from '@tensorflow/tfjs';
import { ones, zeros } from '../models/initialisers.js';
import type { ParameterScope } from '../models/parameter-scope.js';
import type { Layer } from './layer.js';
import { normalise } from './normalise.js';

/**
 * Group normalisation of [B, H, W, channels] with a scale and an offset per channel (Wu and He, Group Normalization,
 * 2018). Throws if the groups do not divide the channels.
 */
export function groupNorm(
  scope: ParameterScope,
  { channels, groups }: { channels: number; groups: number },
): Layer<tf.Tensor4D> {
  if (channels % groups !== 0)
    throw new Error(
      `Group norm cannot cut ${channels} channels into ${groups} groups: choose groups that divide them.`,
    );
  const scale = scope.declare('scale', [channels], ones);
  const offset = scope.declare('offset', [channels], zeros);
  return scope.layer('groupNorm', (p, x) => {
    const [batch, height, width] = x.shape;
    const grouped = tf.reshape(x, [batch, height, width, groups, channels / groups]);
    const normalised = tf.reshape(normalise(grouped, [1, 2, 4]), x.shape);
    return tf.add(tf.mul(normalised, scale(p)), offset(p));
  });
}
