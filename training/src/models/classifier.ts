import * as tf from '@tensorflow/tfjs';
import { conv2d } from '../layers/conv2d.js';
import { dense } from '../layers/dense.js';
import { groupNorm } from '../layers/group-norm.js';
import { silu } from '../layers/silu.js';
import type { Network } from './network.js';
import { ParameterScope } from './parameter-scope.js';
import type { Parameters, ParameterSpec } from './parameters.js';

export interface ClassifierOptions {
  /** Height, width and channels of an image; at least 12 x 12. */
  shape: readonly [number, number, number];
  classes: number;
}

/** A classifier of images; `features` are the activations below its last layer. */
export interface Classifier {
  readonly specs: readonly ParameterSpec[];
  /** x [B, H, W, C] -> logits [B, classes] and features [B, 128]. */
  apply(p: Parameters, x: tf.Tensor): { logits: tf.Tensor2D; features: tf.Tensor2D };
}

/**
 * Three 3x3 convolutions (32, 64 and 128 channels; group norm, SiLU, average pooling), a dense layer of 128 and one of
 * `classes`: 0.24 M parameters for digits of 28 x 28 pixels. Throws on images that are too small for three poolings.
 */
export function classifier({ shape: [height, width, channels], classes }: ClassifierOptions): Classifier {
  if (Math.min(height, width) < 12)
    throw new Error(
      `The classifier needs images of at least 12 x 12 pixels; these are ${height} x ${width}.`,
    );
  const scope = new ParameterScope();
  const widths = [channels, 32, 64, 128] as const;
  const stages = [0, 1, 2].map((i) => {
    const at = scope.at(`stage.${i}`);
    const outputs = widths[i + 1]!;
    // The offset of the norm does for the bias too.
    const conv = conv2d(at.at('conv'), { inputs: widths[i]!, outputs, bias: false });
    const norm = groupNorm(at.at('norm'), { channels: outputs, groups: 8 });
    // Windows of 3 let the last pooling see all of an odd side.
    const window = i < 2 ? 2 : 3;
    return (p: Parameters, h: tf.Tensor4D) => tf.avgPool(silu(norm(p, conv(p, h))), window, 2, 'valid');
  });
  const pooled = (side: number) => Math.floor((Math.floor(side / 4) - 3) / 2) + 1;
  const inputs = pooled(height) * pooled(width) * widths[3];
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
