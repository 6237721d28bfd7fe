import * as tf from '@tensorflow/tfjs';
import { layout, parameterCount, type ParameterSpec } from '../models/parameters.js';
import { adamw } from './adamw.js';
import { clipByNorm } from './clip-by-norm.js';
import { emaUpdate } from './ema.js';
import type { OptimiserOptions } from './optimiser-options.js';
import type { StepFunction } from './step-function.js';

type State = Parameters<StepFunction>[0];
type Inputs = Parameters<StepFunction>[1];

/** The name of the input that is the decay of a moving average. */
export const decayOf = (average: string): string => `${average}_decay`;

/**
 * What a training step does with its gradient [n]: clipping by the global norm, AdamW, moving averages. It takes the
 * inputs of `stepScalars`, assigns the state and returns the norm before clipping.
 */
export function parameterUpdate(
  specs: readonly ParameterSpec[],
  { clipNorm = 1, weightDecay = 0, averages = {}, ...adam }: OptimiserOptions,
): (state: State, gradient: tf.Tensor1D, inputs: Inputs) => tf.Scalar {
  const decays = weightDecay > 0 ? decayPerParameter(specs, weightDecay) : undefined;
  return (state, gradient, inputs) => {
    const { parameters, first_moment, second_moment } = state as Record<string, tf.Variable<tf.Rank.R1>>;
    const scalar = (name: string) => inputs[name] as tf.Scalar;
    const { clipped, norm } = clipByNorm(gradient, clipNorm);
    const next = adamw(
      { parameters: parameters!, firstMoment: first_moment!, secondMoment: second_moment! },
      clipped,
      {
        learningRate: scalar('learning_rate'),
        correction1: scalar('correction1'),
        correction2: scalar('correction2'),
      },
      decays && tf.tensor1d(decays),
      adam,
    );
    for (const average of ['ema', ...Object.keys(averages)]) {
      const variable = state[average]!;
      variable.assign(emaUpdate<tf.Tensor>(variable, next.parameters, scalar(decayOf(average))));
    }
    parameters!.assign(next.parameters);
    first_moment!.assign(next.firstMoment);
    second_moment!.assign(next.secondMoment);
    return norm;
  };
}

/** `weightDecay` for the elements of every parameter with two or more axes, 0 for the others. */
function decayPerParameter(specs: readonly ParameterSpec[], weightDecay: number): Float32Array {
  const decays = new Float32Array(parameterCount(specs));
  for (const { shape, start, size } of layout(specs))
    if (shape.length > 1) decays.fill(weightDecay, start, start + size);
  return decays;
}
