import { normalBatch, STREAM } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { energyOf } from './energy-of.js';
import { langevinChain } from './langevin-chain.js';
import { levelOf } from './level-of.js';
import type { HostTensor, Objective, StepRandom } from './objective.js';

export interface ContrastiveDivergenceOptions {
  /** k, the Langevin steps that chains take in a training step; 10 by default. */
  k?: number;
  /** Their step size, as in x <- x + eps / 2 s(x) + sqrt(eps) z; 0.01 by default. */
  eps?: number;
  /**
   * Where persistent chains start, row-major [chains, ...shape] with as many chains as a batch has samples. They go on from
   * training step to training step; without it chains start at the data, anew in each step.
   */
  chains?: Float32Array;
}

/**
 * Contrastive divergence: E[f(x)] - E[f(x')], where x' has taken k Langevin steps under the present energy and counts as a
 * constant. Chains that start at the data are Hinton's (Training Products of Experts by Minimizing Contrastive Divergence,
 * 2002, section 3); persistent ones Tieleman's (Training Restricted Boltzmann Machines using Approximations to the
 * Likelihood Gradient, 2008). The gradient estimates that of maximum likelihood, biased as far as the chains are from
 * equilibrium; the value says nothing.
 *
 * @throws RangeError if k is not a positive integer or eps not a positive number
 */
export function contrastiveDivergence({
  k = 10,
  eps = 0.01,
  chains,
}: ContrastiveDivergenceOptions = {}): Objective {
  if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`k is ${k}; expected a positive integer.`);
  if (!(eps > 0 && eps < Infinity)) throw new RangeError(`eps is ${eps}; expected a positive number.`);
  return {
    ...(chains && { memory: { chains } }),
    draw({ x }, random) {
      if (chains && chains.length !== x.size)
        throw new RangeError(
          `There are ${chains.length} numbers in the chains and ${x.size} in a batch [${x.dims.join(', ')}]; expected as many chains as samples.`,
        );
      return { x, chain_noise: drawChainNoise(x, k, random) };
    },
    loss(predict, { x, chain_noise }, memory) {
      const energy = energyOf(predict, 'Contrastive divergence');
      if (chains && !memory)
        throw new Error(
          'Persistent chains live in a training run: evaluate the energy by another objective.',
        );
      const level = levelOf({ x: x! });
      const start = chains ? tf.reshape(memory!.chains!, x!.shape) : x!;
      const held = predict.fixed ?? predict;
      const xPrime = langevinChain((x) => held(x, level), start, chain_noise!, eps);
      if (chains) memory!.chains!.assign(tf.reshape(xPrime, [-1]));
      return tf.sub(tf.mean(energy(x!, level)), tf.mean(energy(xPrime, level)));
    },
  };
}

/** Standard normals [B, k, ...shape]; those of chain i depend on the seed, the step and i alone. */
function drawChainNoise(x: HostTensor, k: number, random: StepRandom): HostTensor {
  const [B, ...shape] = x.dims as [number, ...number[]];
  const noise = normalBatch(new Float32Array(x.size * k), B, { ...random, stream: STREAM.noise });
  return new Tensor('float32', noise, [B, k, ...shape]);
}
