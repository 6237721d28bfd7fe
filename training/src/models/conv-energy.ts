import * as tf from '@tensorflow/tfjs';
import { conv2d } from '../layers/conv2d.js';
import { dense } from '../layers/dense.js';
import { embedding } from '../layers/embedding.js';
import { silu } from '../layers/silu.js';
import { timestepEmbedding, type LevelScale } from '../layers/timestep-embedding.js';
import type { EnergyNetwork } from './energy.js';
import { ParameterScope } from './parameter-scope.js';

export interface ConvEnergyOptions {
  /** Height, width and channels of an image. */
  shape: readonly [number, number, number];
  /** Channels of the convolutions, each but the first of which halves the resolution; [32, 64, 64] by default. */
  channels?: readonly number[];
  /** Width of the embedding of the level, which is even; 32 by default. With 0 the network does not see the level. */
  embedding?: number;
  /** Number of classes; 0, the default, makes the energy unconditional. Label `classes` stands for "no label". */
  classes?: number;
  /** How the level is embedded: 'linear' (time steps, the default) or 'log' (noise levels sigma). */
  levelScale?: LevelScale;
  /** 'sigma' divides the energy, and so the score, by the level (NCSNv2, technique 3); 'none' by default. */
  outputScale?: 'none' | 'sigma';
}

/**
 * An energy of images: x [B, H, W, C], level [B] -> f [B]; `energyModel` makes a score of it. Convolutions with SiLU, which
 * is smooth, as a score asks, and no norm; then the mean over the image of a linear layer's output. Level and label, by
 * embeddings that are added up, shift the channels of each.
 *
 * @throws RangeError if there is no convolution, the embedding's width is odd, or there are classes and no embedding
 */
export function convEnergy({
  shape: [, , inputs],
  channels = [32, 64, 64],
  embedding: width = 32,
  classes = 0,
  levelScale = 'linear',
  outputScale = 'none',
}: ConvEnergyOptions): EnergyNetwork {
  if (channels.length === 0)
    throw new RangeError('channels is empty; expected those of at least one convolution.');
  if (!(Number.isInteger(width) && width >= 0 && width % 2 === 0))
    throw new RangeError(`embedding is ${width}; expected an even number, or 0.`);
  if (classes > 0 && width === 0)
    throw new RangeError(
      'embedding is 0, with which an energy sees no label: give it a width, or no classes.',
    );
  const scope = new ParameterScope();
  const labels = classes > 0 && embedding(scope.at('label'), { rows: classes + 1, width });
  const stages = channels.map((outputs, i) => {
    const at = scope.at(`stage.${i}`);
    const conv = conv2d(at.at('conv'), {
      inputs: channels[i - 1] ?? inputs,
      outputs,
      stride: i === 0 ? 1 : 2,
    });
    const shift = width > 0 ? dense(at.at('level'), { inputs: width, outputs, bias: false }) : undefined;
    return { conv, shift, outputs };
  });
  const out = dense(scope.at('out'), { inputs: channels.at(-1)!, outputs: 1 });
  return {
    specs: scope.specs,
    energy(p, x, level, label) {
      if (labels && label === undefined)
        throw new Error(`This energy has ${classes} classes: give a label (${classes} for "no label").`);
      const time = width > 0 ? timestepEmbedding(level, width, levelScale) : undefined;
      const e = labels ? tf.add(time!, labels(p, label!)) : time;
      let h = x as tf.Tensor4D;
      for (const { conv, shift, outputs } of stages) {
        h = conv(p, h);
        if (shift) h = tf.add(h, tf.reshape(shift(p, e as tf.Tensor2D), [-1, 1, 1, outputs]));
        h = silu(h);
      }
      const f: tf.Tensor1D = tf.reshape(out(p, tf.mean(h, [1, 2])), [-1]);
      return outputScale === 'sigma' ? tf.div(f, level) : f;
    },
  };
}
