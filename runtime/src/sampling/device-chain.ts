import type { StateChain } from '../samplers/sampler.js';
import type { Guidance } from './guidance.js';
import type { Progression } from './not-finite-error.js';

export interface DeviceChainOptions {
  /** Where to start, [batch, ...shape]. */
  readonly x: Float32Array;
  readonly batch: number;
  /** Label of each sample, of a model with classes. */
  readonly labels: Int32Array | undefined;
  readonly guidance: Guidance;
  readonly seed: number;
  /** Index of the batch's first sample under the seed. */
  readonly first: number;
  /** Number of the next draw: those before it made x. */
  readonly draws: number;
  readonly signal: AbortSignal | undefined;
  /** The step that the run is in. */
  readonly progression: () => Progression;
}

/** A chain on a device. A number that is not finite is found a step or two later than in main memory. */
export interface DeviceChain extends StateChain {
  /**
   * Brings x back, once all that was asked for is done.
   *
   * @throws Error if a prediction was not finite
   */
  read(out: Float32Array): Promise<void>;
  /** Frees what the chain holds on the device. */
  close(): void;
}

/** Where a source can keep chains beside the network. */
export interface ChainDevice {
  /** Whether it can under this guidance. */
  takes(guidance: Guidance): boolean;
  /** A chain that starts at a copy of x on the device; to be closed by who opens it. */
  open(options: DeviceChainOptions): DeviceChain;
}
