import * as tf from '@tensorflow/tfjs';
import type { Initialiser } from './initialisers.js';

/** A parameter of a network: its name in checkpoints and exported files, its shape and how it starts. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Initialiser;
}

/** The parameters of a network by name, as `unpack` cuts them from the flat vector. */
export type Parameters = Readonly<Record<string, tf.Tensor>>;

/** Where a parameter lies in the flat vector: elements [start, start + size). */
export interface ParameterSlot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly size: number;
}

/** The number of elements of a tensor of `shape`; 1 for a scalar. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** The number of elements of all parameters together: the length of the flat vector. */
export const parameterCount = (specs: readonly ParameterSpec[]): number =>
  specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Where each parameter lies in the flat vector: one after the other, in the order of `specs`. */
export function layout(specs: readonly ParameterSpec[]): ParameterSlot[] {
  let end = 0;
  return specs.map(({ name, shape }) => {
    const size = sizeOf(shape);
    end += size;
    return { name, shape, start: end - size, size };
  });
}

/** Cuts the flat vector [parameterCount(specs)] into parameters: one split, so that its gradient is one concat. */
export function unpack(flat: tf.Tensor1D, specs: readonly ParameterSpec[]): Parameters {
  const pieces = tf.split(
    flat,
    specs.map(({ shape }) => sizeOf(shape)),
  );
  return Object.fromEntries(
    specs.map(({ name, shape }, i) => [name, tf.reshape(pieces[i]!, shape as number[])]),
  );
}
