import * as tf from '@tensorflow/tfjs';
import { conv2d } from '../layers/conv2d.js';
import { dense } from '../layers/dense.js';
import { groupNorm } from '../layers/group-norm.js';
import { silu } from '../layers/silu.js';
import type { Network } from './network.js';
import { ParameterScope } from './parameter-scope.js';
import type { Parameters, ParameterSpec } from './parameters.js';

export interface ClassifierOptions {
  /** Height, width and channels of an image; at least 11 x 11. */
  shape: readonly [number, number, number];
  classes: number;
}

/** A classifier of images; `features` are the activations below its last layer. */
export interface Classifier {
  readonly specs: readonly ParameterSpec[];
  /** x [B, H, W, C] -> logits [B, classes] and features [B, 128]. */
  apply(p: Parameters, x: tf.Tensor): { logits: tf.Tensor2D; features: tf.Tensor2D };
}

/** The convolutions, each followed by a norm and SiLU, and the windows of the average pooling after them, stride 2. */
const STAGES: readonly { outputs: number; size?: number; stride?: number; pool?: number }[] = [
  { outputs: 32, size: 5, stride: 2 },
  { outputs: 48 },
  { outputs: 48, pool: 2 },
  // A window of 3 lets the last pooling see all of an odd side.
  { outputs: 96, pool: 3 },
];

/**
 * Four convolutions (32, 48, 48 and 96 channels; group norm, SiLU), which halve the resolution three times, a dense
 * layer of 128 and one of `classes`: 0.19 M parameters for digits of 28 x 28 pixels. Throws on images that are too
 * small for that.
 */
export function classifier({ shape: [height, width, channels], classes }: ClassifierOptions): Classifier {
  if (Math.min(height, width) < 11)
    throw new Error(
      `The classifier needs images of at least 11 x 11 pixels; these are ${height} x ${width}.`,
    );
  const scope = new ParameterScope();
  const stages = STAGES.map(({ outputs, pool, ...window }, i) => {
    const at = scope.at(`stage.${i}`);
    const inputs = STAGES[i - 1]?.outputs ?? channels;
    // The offset of the norm does for the bias too.
    const conv = conv2d(at.at('conv'), { inputs, outputs, bias: false, ...window });
    const norm = groupNorm(at.at('norm'), { channels: outputs, groups: 8 });
    return (p: Parameters, x: tf.Tensor4D) => {
      const h = silu(norm(p, conv(p, x)));
      return pool ? tf.avgPool(h, pool, 2, 'valid') : h;
    };
  });
  const pooled = (side: number) => Math.floor((Math.floor(Math.ceil(side / 2) / 2) - 3) / 2) + 1;
  const inputs = pooled(height) * pooled(width) * STAGES.at(-1)!.outputs;
  const hidden = dense(scope.at('features'), { inputs, outputs: 128 });
  const out = dense(scope.at('logits'), { inputs: 128, outputs: classes });
  return {
    specs: scope.specs,
    apply(p, x) {
      const h = stages.reduce((h, stage) => stage(p, h), x as tf.Tensor4D);
      const features = silu(hidden(p, tf.reshape(h, [x.shape[0]!, inputs])));
      return { logits: out(p, features), features };
    },
  };
}

/** The classifier as the network that training wants: its prediction are the logits; it has no level and no label. */
export const logitsNetwork = ({ specs, apply }: Classifier): Network => ({
  specs,
  apply: (p, x) => apply(p, x).logits,
});
