import type * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import type { Network } from '../models/network.js';
import type { HostTensor, Objective } from '../objectives/objective.js';
import type { AdamWOptions } from './adamw.js';
import { emaDecayAt, halfLifeDecayAt } from './ema.js';
import { lossAndGradient } from './loss-and-gradient.js';
import { decayOf, parameterUpdate } from './parameter-update.js';

/** One training step: assigns the state and returns scalars. Pure tensor operations, so that it can be traced. */
export type StepFunction = (
  state: Readonly<Record<string, tf.Variable>>,
  inputs: Readonly<Record<string, tf.Tensor>>,
) => Record<string, tf.Tensor>;

/** The name of a moving average beside `ema`. */
export type AverageName = `ema_${string}`;

/** The state of a training run: flat vectors of one length. */
export type TrainingState = Record<'parameters' | 'first_moment' | 'second_moment' | 'ema', Float32Array> & {
  [average: AverageName]: Float32Array;
};

export interface OptimiserOptions extends AdamWOptions {
  /** The gradient is scaled down to this norm where it is larger; 1 by default. */
  clipNorm?: number;
  /** Weight decay of kernels and tables; biases, norm scales and offsets have none. 0 by default. */
  weightDecay?: number;
  /** Decay of the moving average of the parameters; 0.999 by default. */
  emaDecay?: number;
  /** Further moving averages, by the names of their state vectors: the half-life of each, in steps. */
  averages?: Readonly<Record<AverageName, number>>;
}

/** The state before the first step: fresh parameters, their averages equal to them, moments zero. */
export const initialState = (
  parameters: Float32Array,
  { averages = {} }: OptimiserOptions = {},
): TrainingState => ({
  parameters,
  first_moment: new Float32Array(parameters.length),
  second_moment: new Float32Array(parameters.length),
  ema: parameters.slice(),
  ...Object.fromEntries(Object.keys(averages).map((name) => [name, parameters.slice()])),
});

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
 * `second_moment`, `ema` and the further averages [n], and returns the scalars `loss` and `gradNorm` (before clipping).
 */
export function trainingStep(
  network: Network,
  objective: Objective,
  options: OptimiserOptions = {},
): StepFunction {
  const gradientOf = lossAndGradient(network, objective);
  const update = parameterUpdate(network.specs, options);
  return (state, inputs) => {
    const { loss, gradient } = gradientOf(state.parameters!, inputs);
    return { loss, gradNorm: update(state, gradient, inputs) };
  };
}
