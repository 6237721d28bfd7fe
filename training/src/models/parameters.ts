import { normals, STREAM, uniforms } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import type { Initialiser } from './initialisers.js';
import { sizeOf } from './size-of.js';

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

/**
 * The flat vector of fresh parameters. The numbers of a parameter depend on the seed and on its place in `specs` alone.
 * Throws if the seed is not an integer from 0 to 2^53 - 1.
 */
export function initialise(specs: readonly ParameterSpec[], seed: number): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(parameterCount(specs));
  layout(specs).forEach(({ shape, start }, i) => {
    const key = { seed, stream: STREAM.initialisation, sample: i };
    const random = {
      normals: (count: number) => normals(new Float32Array(count), key),
      uniforms: (count: number) => uniforms(new Float32Array(count), key),
    };
    flat.set(specs[i]!.init(random, shape), start);
  });
  return flat;
}

/** Cuts the flat vector [parameterCount(specs)] into parameters: one split, so that its gradient is one concat. */
export function unpack(flat: tf.Tensor1D, specs: readonly ParameterSpec[]): Parameters {
  // tfjs cannot split into no pieces.
  if (specs.length === 0) return {};
  const pieces = tf.split(
    flat,
    specs.map(({ shape }) => sizeOf(shape)),
  );
  return Object.fromEntries(
    specs.map(({ name, shape }, i) => [name, tf.reshape(pieces[i]!, shape as number[])]),
  );
}
