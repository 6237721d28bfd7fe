import type * as tf from '@tensorflow/tfjs';
import type { Objective } from './objective.js';

/** The name in a training state of what an objective keeps from step to step. */
export type MemoryName = `memory/${string}`;

const PREFIX = 'memory/';
export const isMemory = (name: string): name is MemoryName => name.startsWith(PREFIX);

/** What an objective remembers before the first step, as parts of a training state. */
export const initialMemory = ({ memory = {} }: Pick<Objective, 'memory'>): Record<MemoryName, Float32Array> =>
  Object.fromEntries(Object.entries(memory).map(([name, data]) => [PREFIX + name, data.slice()]));

/** The variables among those of a training state that are an objective's, under its own names. */
export const memoryOf = (state: Readonly<Record<string, tf.Variable>>): Record<string, tf.Variable> =>
  Object.fromEntries(
    Object.entries(state)
      .filter(([name]) => isMemory(name))
      .map(([name, variable]) => [name.slice(PREFIX.length), variable]),
  );
