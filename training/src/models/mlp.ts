import * as tf from '@tensorflow/tfjs';
import { dense } from '../layers/dense.js';
import { silu } from '../layers/silu.js';
import { timestepEmbedding, type LevelScale } from '../layers/timestep-embedding.js';
import type { EnergyNetwork } from './energy.js';
import type { Network } from './network.js';
import { ParameterScope } from './parameter-scope.js';
import type { Parameters } from './parameters.js';

export interface MlpOptions {
  /** Number of dimensions of a data point. */
  dimensions: number;
  /** Widths of the hidden layers; [128, 128] by default. */
  hidden?: readonly number[];
  /** Elementwise; SiLU by default. */
  activation?: (x: tf.Tensor2D) => tf.Tensor2D;
  /** Width of the embedding of the level, which is even; 32 by default. With 0 the network does not see the level. */
  embedding?: number;
  /** How the level is embedded: 'linear' (time steps, the default) or 'log' (noise levels sigma). */
  levelScale?: LevelScale;
  /** 'sigma' divides the output by the level; 'none' by default. */
  outputScale?: 'none' | 'sigma';
}

/** A network for points: x [B, dimensions], level [B] -> prediction [B, dimensions]. */
export function mlp(options: MlpOptions): Network {
  const scope = new ParameterScope();
  return { specs: scope.specs, apply: perceptron(scope, options, options.dimensions) };
}

/** An energy of points: x [B, dimensions], level [B] -> f [B]; `energyModel` makes a score of it. */
export function mlpEnergy(options: MlpOptions): EnergyNetwork {
  const scope = new ParameterScope();
  const f = perceptron(scope, options, 1);
  return { specs: scope.specs, energy: (p, x, level) => tf.reshape(f(p, x, level), [-1]) };
}

function perceptron(
  scope: ParameterScope,
  {
    dimensions,
    hidden = [128, 128],
    activation = silu,
    embedding = 32,
    levelScale = 'linear',
    outputScale = 'none',
  }: MlpOptions,
  outputs: number,
): (p: Parameters, x: tf.Tensor, level: tf.Tensor1D) => tf.Tensor2D {
  const widths = [dimensions + embedding, ...hidden];
  const layers = hidden.map((width, i) =>
    dense(scope.at(`hidden.${i}`), { inputs: widths[i]!, outputs: width }),
  );
  const out = dense(scope.at('out'), { inputs: widths.at(-1)!, outputs });
  return (p, x, level) => {
    let h = x as tf.Tensor2D;
    if (embedding > 0) h = tf.concat([h, timestepEmbedding(level, embedding, levelScale)], 1);
    for (const layer of layers) h = activation(layer(p, h));
    const y = out(p, h);
    return outputScale === 'sigma' ? tf.div(y, tf.reshape(level, [-1, 1])) : y;
  };
}
