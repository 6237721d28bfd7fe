import type { HostTensor } from '../objectives/objective.js';
import type { StepFunction } from '../optimiser/step.js';

export const ENGINE_NAMES = ['compiled', 'tfjs-node-gpu', 'tfjs-node', 'tfjs-cpu'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** What runs training steps: the same step function, on other machinery. */
export interface Engine {
  readonly name: EngineName;
  /** What it computes on, for people to read. */
  readonly device: string;
  /** Why it is this engine and this device. */
  readonly reason: string;
  /** Takes a step function and the state that it starts from, which is copied. */
  start(step: StepFunction, state: Readonly<Record<string, HostTensor>>): Promise<RunningStep>;
}

/** A step function with its state, on an engine. Calls must not overlap. */
export interface RunningStep {
  /** Takes one step and returns the scalars that the step function returned. */
  run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, number>>;
  /** The present state, copied. */
  read(): Promise<Record<string, HostTensor>>;
  dispose(): Promise<void>;
}
