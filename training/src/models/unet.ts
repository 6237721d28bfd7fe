import * as tf from '@tensorflow/tfjs';
import { selfAttention } from '../layers/attention.js';
import { conv2d } from '../layers/conv2d.js';
import { dense } from '../layers/dense.js';
import { embedding } from '../layers/embedding.js';
import { groupNorm } from '../layers/group-norm.js';
import { downsample, upsample } from '../layers/resample.js';
import { residualBlock } from '../layers/residual-block.js';
import { silu } from '../layers/silu.js';
import { depthToSpace, spaceToDepth } from '../layers/space-to-depth.js';
import { timestepEmbedding, type LevelScale } from '../layers/timestep-embedding.js';
import { zeros } from './initialisers.js';
import type { Dropout, Network, NetworkInputs, PredictionWithVariance } from './network.js';
import { ParameterScope } from './parameter-scope.js';
import type { Parameters } from './parameters.js';

export interface UNetOptions {
  /** Height, width and channels of an image. */
  shape: readonly [number, number, number];
  /** Side of the blocks of pixels that the stem turns into channels; 1 (none) by default. */
  spaceToDepth?: 1 | 2;
  /** Channels of the first resolution; 32 by default. */
  base?: number;
  /** Channels of each resolution, in units of `base`; each resolution is half the one before. [1, 2] by default. */
  multipliers?: readonly number[];
  /** Residual blocks per resolution on the way down, one more on the way up; 1 by default. */
  blocks?: number;
  /** The heights, counted after the stem, at which blocks are followed by self-attention; none by default. */
  attention?: readonly number[];
  /** Heads of the self-attention; 1 by default. */
  heads?: number;
  /** Groups of the group norms; 8 by default. */
  groups?: number;
  /** Number of classes; 0, the default, makes the network unconditional. Label `classes` stands for "no label". */
  classes?: number;
  /** Dropout rate inside the residual blocks, in [0, 1); 0 by default. */
  dropout?: number;
  /** How the level is embedded: 'linear' (time steps, the default) or 'log' (noise levels sigma). */
  levelScale?: LevelScale;
  /** 'sigma' divides the output by the level, as a score's size asks (NCSNv2, technique 3); 'none' by default. */
  outputScale?: 'none' | 'sigma';
  /** 'learned' for a second half of output channels, the variance of a step (`applyWithVariance`); 'fixed' by default. */
  variance?: 'fixed' | 'learned';
}

/** A step of the network's way through the resolutions. */
type Stage = (p: Parameters, h: tf.Tensor4D, e: tf.Tensor2D, dropout?: Dropout) => tf.Tensor4D;

/**
 * The U-Net of DDPM (Ho et al., 2020, appendix B) with an optional space-to-depth stem and class conditioning by an
 * embedding added to that of the level. x [B, H, W, C] -> prediction of the same shape; zero at the start.
 * Throws on options that do not fit together.
 */
export function unet(options: UNetOptions): Network {
  const o = complete(options);
  const [height, width, channels] = o.shape;
  const s = o.spaceToDepth;
  const embeddingWidth = 4 * o.base;
  const levels = o.multipliers.length;
  const scope = new ParameterScope();

  const residual = (at: ParameterScope, inputs: number, outputs: number, level: number): Stage => {
    const size = [height / s / 2 ** level, width / s / 2 ** level] as const;
    const { groups, dropout } = o;
    return residualBlock(at, { inputs, outputs, embedding: embeddingWidth, groups, dropout, size });
  };
  /** A residual block, and self-attention where the resolution asks for it. */
  const block = (at: ParameterScope, inputs: number, outputs: number, level: number): Stage => {
    const convolve = residual(at, inputs, outputs, level);
    if (!o.attention.includes(height / s / 2 ** level)) return convolve;
    const { groups, heads } = o;
    const attend = selfAttention(at.at('attention'), { channels: outputs, groups, heads });
    return (p, h, e, source) => attend(p, convolve(p, h, e, source));
  };

  const time1 = dense(scope.at('time.0'), { inputs: o.base, outputs: embeddingWidth });
  const time2 = dense(scope.at('time.1'), { inputs: embeddingWidth, outputs: embeddingWidth });
  const labels =
    o.classes > 0 && embedding(scope.at('label'), { rows: o.classes + 1, width: embeddingWidth });

  const stem = conv2d(scope.at('stem'), { inputs: s * s * channels, outputs: o.base });
  let current = o.base;
  const skips = [current];
  const down = o.multipliers.flatMap((multiplier, level) => {
    const stages: Stage[] = [];
    const outputs = o.base * multiplier;
    for (let i = 0; i < o.blocks; i++) {
      stages.push(block(scope.at(`down.${level}.block.${i}`), current, outputs, level));
      skips.push((current = outputs));
    }
    if (level < levels - 1) {
      stages.push(downsample(scope.at(`down.${level}.downsample`), { channels: current }));
      skips.push(current);
    }
    return stages;
  });

  const middle = [block, residual].map((make, i) =>
    make(scope.at(`middle.block.${i}`), current, current, levels - 1),
  );

  const up = o.multipliers
    .map((multiplier, level) => ({ outputs: o.base * multiplier, level }))
    .reverse()
    .flatMap(({ outputs, level }) => {
      const stages: { stage: Stage; joins: boolean }[] = [];
      for (let i = 0; i <= o.blocks; i++) {
        const stage = block(scope.at(`up.${level}.block.${i}`), current + skips.pop()!, outputs, level);
        stages.push({ stage, joins: true });
        current = outputs;
      }
      if (level > 0) {
        const next = o.base * o.multipliers[level - 1]!;
        const stage = upsample(scope.at(`up.${level}.upsample`), { inputs: current, outputs: next });
        stages.push({ stage, joins: false });
        current = next;
      }
      return stages;
    });

  const norm = groupNorm(scope.at('out.norm'), { channels: current, groups: o.groups });
  const learned = o.variance === 'learned';
  const outputs = channels * (learned ? 2 : 1);
  const out = conv2d(scope.at('out.conv'), { inputs: current, outputs: s * s * outputs, init: zeros });

  const embed = (p: Parameters, level: tf.Tensor1D, label?: tf.Tensor1D): tf.Tensor2D => {
    const time = time2(p, silu(time1(p, timestepEmbedding(level, o.base, o.levelScale))));
    if (labels === false) return silu(time);
    if (label === undefined)
      throw new Error(`This network has ${o.classes} classes: give a label (${o.classes} for "no label").`);
    return silu(tf.add(time, labels(p, label)));
  };

  /** [B, H, W, outputs]. */
  const run = (...[p, x, level, label, { dropout } = {}]: NetworkInputs): tf.Tensor4D => {
    const e = embed(p, level, label);
    let h = stem(p, spaceToDepth(x as tf.Tensor4D, s));
    const saved = [h];
    for (const stage of down) saved.push((h = stage(p, h, e, dropout)));
    for (const stage of middle) h = stage(p, h, e, dropout);
    for (const { stage, joins } of up) h = stage(p, joins ? tf.concat([h, saved.pop()!], 3) : h, e, dropout);
    return depthToSpace(out(p, silu(norm(p, h))), s);
  };
  const scaled = (y: tf.Tensor, level: tf.Tensor1D) =>
    o.outputScale === 'sigma' ? tf.div(y, tf.reshape(level, [-1, 1, 1, 1])) : y;
  const { specs, dropoutSites } = scope;
  if (!learned) return { specs, dropoutSites, apply: (...inputs) => scaled(run(...inputs), inputs[2]) };

  const applyWithVariance = (...inputs: NetworkInputs): PredictionWithVariance => {
    const [y, w] = tf.split(run(...inputs), 2, 3) as [tf.Tensor, tf.Tensor];
    // From -1 and 1 to 0 and 1, so that an output of 0 is the middle.
    return { prediction: scaled(y, inputs[2]), varianceShare: tf.div(tf.add(w, 1), 2) };
  };
  return {
    specs,
    dropoutSites,
    apply: (...inputs) => applyWithVariance(...inputs).prediction,
    applyWithVariance,
  };
}

function complete(options: UNetOptions): Required<UNetOptions> {
  const o: Required<UNetOptions> = {
    spaceToDepth: 1,
    base: 32,
    multipliers: [1, 2],
    blocks: 1,
    attention: [],
    heads: 1,
    groups: 8,
    classes: 0,
    dropout: 0,
    levelScale: 'linear',
    outputScale: 'none',
    variance: 'fixed',
    ...options,
  };
  const [height, width] = o.shape;
  const divisor = o.spaceToDepth * 2 ** (o.multipliers.length - 1);
  if (o.multipliers.length === 0) throw new Error('A U-Net needs at least one multiplier.');
  if (height % divisor !== 0 || width % divisor !== 0)
    throw new Error(
      `A U-Net with ${o.multipliers.length} resolutions and space-to-depth ${o.spaceToDepth} needs a height and width ` +
        `that ${divisor} divides; the shape is ${o.shape.join(' x ')}.`,
    );
  const heights = o.multipliers.map((_, level) => height / o.spaceToDepth / 2 ** level);
  const nowhere = o.attention.find((h) => !heights.includes(h));
  if (nowhere !== undefined)
    throw new Error(`There is no resolution ${nowhere} for attention; there are ${heights.join(', ')}.`);
  if (o.base % 2 !== 0) throw new Error(`The base channels must be even; they are ${o.base}.`);
  // With one channel a group a norm cancels the embedding, and the network would not see its level.
  const narrow = o.multipliers.find((m) => (o.base * m) % o.groups !== 0 || o.base * m < 2 * o.groups);
  if (narrow !== undefined)
    throw new Error(
      `Group norm needs at least two channels in each of ${o.groups} groups; a resolution has ${o.base * narrow} channels.`,
    );
  if (!(o.dropout >= 0 && o.dropout < 1))
    throw new Error(`The dropout rate must lie in [0, 1); it is ${o.dropout}.`);
  return o;
}
