import * as tf from '@tensorflow/tfjs';
import { registerCorrectedGradients } from '../autodiff/register.js';
import type { Network } from './network.js';
import type { Parameters, ParameterSpec } from './parameters.js';

/** An energy f(x, level) [B] of x [B, ...shape]: p(x) is proportional to exp(-f(x)). */
export interface EnergyNetwork {
  readonly specs: readonly ParameterSpec[];
  energy(p: Parameters, x: tf.Tensor, level: tf.Tensor1D, label?: tf.Tensor1D): tf.Tensor1D;
}

/** An energy that is also a network: its prediction is its score. */
export interface EnergyModel extends Network, EnergyNetwork {}

/**
 * The network whose prediction is the score -grad_x f(x, level), [B, ...shape]. It can be differentiated again, as
 * training it needs; for that it puts the corrected gradients in place.
 */
export function energyModel({ specs, energy }: EnergyNetwork): EnergyModel {
  registerCorrectedGradients();
  return {
    specs,
    energy,
    apply: (p, x, level, label) =>
      // The energies of a batch are independent, so the gradient of their sum holds that of each.
      tf.neg(tf.grad((x: tf.Tensor) => tf.sum(energy(p, x, level, label)))(x)),
  };
}
