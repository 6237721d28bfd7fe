import type { ProviderName } from '@scorebridge/runtime';
import type { Network } from '../models/network.js';
import type { HostTensor } from '../objectives/objective.js';
import type { StepFunction } from '../optimiser/step-function.js';

export const ENGINE_NAMES = ['compiled', 'tfjs-node-gpu', 'tfjs-node', 'tfjs-cpu'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** What runs training steps: the same step function, on other machinery. */
export interface Engine {
  readonly name: EngineName;
  /** What it computes on, for people to read. */
  readonly device: string;
  /** The execution provider, for an engine on ONNX Runtime. */
  readonly provider?: ProviderName | undefined;
  /** Why it is this engine and this device. */
  readonly reason: string;
  /** In how many equal parts a batch x of this shape is best run through `sum`; 1 for a batch as a whole. */
  partsOf(network: Network, shape: readonly number[]): number;
  /**
   * Takes functions by name, such as a training step and an evaluation, and the state that they share, which is copied.
   * A function costs nothing before its first call.
   */
  start<Name extends string>(
    functions: Readonly<Record<Name, StepFunction>>,
    state: Readonly<Record<string, HostTensor>>,
  ): Promise<RunningFunctions<Name>>;
}

/** Functions with their state, on an engine. Calls must not overlap. */
export interface RunningFunctions<Name extends string = string> {
  /** Calls a function and returns the scalars that it returned. */
  run(name: Name, inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, number>>;
  /**
   * Calls a function that assigns nothing with each of several inputs, at the same time where the engine can, and adds up
   * what it returns, in order.
   */
  sum(
    name: Name,
    inputs: readonly Readonly<Record<string, HostTensor>>[],
  ): Promise<Record<string, HostTensor>>;
  /** The present state, copied. */
  read(): Promise<Record<string, HostTensor>>;
  dispose(): Promise<void>;
}
