import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import type { Network } from '../models/network.js';
import { layout, parameterCount, unpack, type ParameterSpec } from '../models/parameters.js';
import type { HostTensor, Objective } from '../objectives/objective.js';
import { dropoutInput } from '../objectives/with-dropout.js';
import { adamw, type AdamWOptions } from './adamw.js';
import { clipByNorm } from './clip-by-norm.js';
import { emaDecayAt, emaUpdate } from './ema.js';

/** One training step: assigns the state and returns scalars. Pure tensor operations, so that it can be traced. */
export type StepFunction = (
  state: Readonly<Record<string, tf.Variable>>,
  inputs: Readonly<Record<string, tf.Tensor>>,
) => Record<string, tf.Tensor>;

/** The state of a training run: flat vectors of one length. */
export type TrainingState = Record<'parameters' | 'first_moment' | 'second_moment' | 'ema', Float32Array>;

export interface OptimiserOptions extends AdamWOptions {
  /** The gradient is scaled down to this norm where it is larger; 1 by default. */
  clipNorm?: number;
  /** Weight decay of kernels and tables; biases, norm scales and offsets have none. 0 by default. */
  weightDecay?: number;
  /** Decay of the moving average of the parameters; 0.999 by default. */
  emaDecay?: number;
}

/** The state before the first step: fresh parameters, their average equal to them, moments zero. */
export const initialState = (parameters: Float32Array): TrainingState => ({
  parameters,
  first_moment: new Float32Array(parameters.length),
  second_moment: new Float32Array(parameters.length),
  ema: parameters.slice(),
});

/**
 * The scalars that a training step takes beside those of the objective, for step k = 1, 2, ...: computed in float64,
 * rounded once. `options` are those that `trainingStep` was given.
 */
export function stepScalars(
  step: number,
  learningRate: number,
  { beta1 = 0.9, beta2 = 0.999, emaDecay = 0.999 }: OptimiserOptions = {},
): Record<string, HostTensor> {
  const scalar = (value: number) => new Tensor('float32', Float32Array.of(value), []);
  return {
    learning_rate: scalar(learningRate),
    correction1: scalar(1 - beta1 ** step),
    correction2: scalar(1 - beta2 ** step),
    ema_decay: scalar(emaDecayAt(step, emaDecay)),
  };
}

/**
 * The step that trains `network` on `objective`: loss, gradient, clipping by the global norm, AdamW, moving average.
 * It takes the inputs that the objective draws and those of `stepScalars`, assigns `parameters`, `first_moment`,
 * `second_moment` and `ema` [n], and returns the scalars `loss` and `gradNorm` (before clipping).
 */
export function trainingStep(
  network: Network,
  objective: Objective,
  { clipNorm = 1, weightDecay = 0, ...adam }: OptimiserOptions = {},
): StepFunction {
  const decays = weightDecay > 0 ? decayPerParameter(network.specs, weightDecay) : undefined;
  return (state, inputs) => {
    const { parameters, first_moment, second_moment, ema } = state as unknown as Record<
      keyof TrainingState,
      tf.Variable<tf.Rank.R1>
    >;
    const scalar = (name: string) => inputs[name] as tf.Scalar;
    const dropout = (site: string) => inputs[dropoutInput(site)]!;
    const { value: loss, grad } = tf.valueAndGrad((flat) => {
      const p = unpack(flat as tf.Tensor1D, network.specs);
      return objective.loss((x, level, label) => network.apply(p, x, level, label, { dropout }), inputs);
    })(parameters);
    const { clipped, norm } = clipByNorm(grad as tf.Tensor1D, clipNorm);
    const next = adamw(
      { parameters, firstMoment: first_moment, secondMoment: second_moment },
      clipped,
      {
        learningRate: scalar('learning_rate'),
        correction1: scalar('correction1'),
        correction2: scalar('correction2'),
      },
      decays && tf.tensor1d(decays),
      adam,
    );
    const average = emaUpdate<tf.Tensor1D>(ema, next.parameters, scalar('ema_decay'));
    parameters.assign(next.parameters);
    first_moment.assign(next.firstMoment);
    second_moment.assign(next.secondMoment);
    ema.assign(average);
    return { loss, gradNorm: norm };
  };
}

/**
 * The loss of the moving average of the parameters, without its gradient: takes the inputs that the objective draws,
 * reads `ema` and returns the scalar `loss`.
 */
export function evaluationStep(network: Network, objective: Objective): StepFunction {
  return ({ ema }, inputs) => {
    const p = unpack(ema as unknown as tf.Tensor1D, network.specs);
    return { loss: objective.loss((x, level, label) => network.apply(p, x, level, label), inputs) };
  };
}

/** `weightDecay` for the elements of every parameter with two or more axes, 0 for the others. */
function decayPerParameter(specs: readonly ParameterSpec[], weightDecay: number): Float32Array {
  const decays = new Float32Array(parameterCount(specs));
  for (const { shape, start, size } of layout(specs))
    if (shape.length > 1) decays.fill(weightDecay, start, start + size);
  return decays;
}
