import type { FloatArray } from './float-array.js';

/**
 * Numbers that stay on a device, such as a GPU; what is done with them is done there, in the order of the calls, and
 * finished when they are read.
 */
export interface DeviceArray {
  readonly length: number;
  /** A copy. It holds memory of the device until the chain is closed, so make few and use them again. */
  slice(): DeviceArray;
  /** This <- the sum of the terms, of which it may be one. */
  combine(terms: readonly (readonly [coefficient: number, values: DeviceArray])[]): void;
}

/** What a chain is kept in: arrays in main memory, or on a device. */
export type State = FloatArray | DeviceArray;

/** Whether these numbers are on a device rather than in main memory. */
export const isOnDevice = (state: State): state is DeviceArray => !ArrayBuffer.isView(state);
