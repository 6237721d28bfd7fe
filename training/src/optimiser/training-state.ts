import { initialMemory, type MemoryName } from '../objectives/memory.js';
import type { Objective } from '../objectives/objective.js';

/** The name of a moving average beside `ema`. */
export type AverageName = `ema_${string}`;

/** The state of a training run: flat vectors, but for the objective's memory of one length. */
export type TrainingState = Record<'parameters' | 'first_moment' | 'second_moment' | 'ema', Float32Array> & {
  [averageOrMemory: AverageName | MemoryName]: Float32Array;
};

/** The state before the first step: fresh parameters, their averages equal to them, moments zero, the objective's memory. */
export const initialState = (
  parameters: Float32Array,
  { averages = {} }: { readonly averages?: Readonly<Record<AverageName, unknown>> } = {},
  objective: Pick<Objective, 'memory'> = {},
): TrainingState => ({
  parameters,
  first_moment: new Float32Array(parameters.length),
  second_moment: new Float32Array(parameters.length),
  ema: parameters.slice(),
  ...Object.fromEntries(Object.keys(averages).map((name) => [name, parameters.slice()])),
  ...initialMemory(objective),
});
