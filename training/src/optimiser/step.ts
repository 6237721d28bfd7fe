import { Tensor } from 'onnxruntime-common';
import type { Network } from '../models/network.js';
import type { HostTensor, Objective } from '../objectives/objective.js';
import { emaDecayAt, halfLifeDecayAt } from './ema.js';
import { lossAndGradient } from './loss-and-gradient.js';
import type { OptimiserOptions } from './optimiser-options.js';
import { decayOf, parameterUpdate } from './parameter-update.js';
import type { StepFunction } from './step-function.js';

/**
 * The scalars that a training step takes beside those of the objective, for step k = 1, 2, ...: computed in float64,
 * rounded once. `options` are those that `trainingStep` was given.
 */
export function stepScalars(
  step: number,
  learningRate: number,
  { beta1 = 0.9, beta2 = 0.999, emaDecay = 0.999, averages = {} }: OptimiserOptions = {},
): Record<string, HostTensor> {
  const scalar = (value: number) => new Tensor('float32', Float32Array.of(value), []);
  return {
    learning_rate: scalar(learningRate),
    correction1: scalar(1 - beta1 ** step),
    correction2: scalar(1 - beta2 ** step),
    [decayOf('ema')]: scalar(emaDecayAt(step, emaDecay)),
    ...Object.fromEntries(
      Object.entries(averages).map(([name, halfLife]) => [
        decayOf(name),
        scalar(halfLifeDecayAt(step, halfLife)),
      ]),
    ),
  };
}

/**
 * The step that trains `network` on `objective`: loss, gradient, clipping by the global norm, AdamW, moving averages.
 * It takes the inputs that the objective draws and those of `stepScalars`, assigns `parameters`, `first_moment`,
 * `second_moment`, `ema`, the further averages [n] and the objective's memory, and returns the scalars `loss` and `gradNorm` (before clipping).
 */
export function trainingStep(
  network: Network,
  objective: Objective,
  options: OptimiserOptions = {},
): StepFunction {
  const gradientOf = lossAndGradient(network, objective);
  const update = parameterUpdate(network.specs, options);
  return (state, inputs) => {
    const { loss, gradient } = gradientOf(state, inputs);
    return { loss, gradNorm: update(state, gradient, inputs) };
  };
}
