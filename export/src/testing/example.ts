import * as tf from '@tensorflow/tfjs';
import { bools, floats, ints, type Input } from './parity.js';

/** Every input as a Tensor4D, whatever its rank: tfjs's types ask for a rank where its functions do not. */
type Drawn<I> = { readonly [K in keyof I]: tf.Tensor4D };

/** One use of a kernel. */
export interface Line {
  readonly inputs: Readonly<Record<string, Input>>;
  readonly fn: (inputs: Record<string, tf.Tensor>) => tf.Tensor | tf.Tensor[];
  readonly options: LineOptions;
}

export interface LineOptions {
  /** The largest relative error allowed; 1e-6 where nothing is said. */
  readonly within?: number;
  /** The same for the gradient, 1e-5 where nothing is said; or why it is not compared with tfjs's. */
  readonly gradient?: number | string;
  /** The oldest opset that the kernel can be written in, where it is not the oldest there is. */
  readonly since?: number;
  /** The batch sizes, where tfjs is not right at every one. */
  readonly batches?: readonly number[];
}

/** Uses of each kernel of a file of rules. */
export type Examples = Readonly<Record<string, readonly Line[]>>;

export const line = <I extends Readonly<Record<string, Input>>>(
  inputs: I,
  fn: (inputs: Drawn<I>) => tf.Tensor | tf.Tensor[],
  options: LineOptions = {},
): Line => ({ inputs, fn: fn as unknown as Line['fn'], options });

/** The same of one tensor, [batch, 3, 4] where nothing is said. */
export const one = (
  fn: (x: tf.Tensor4D) => tf.Tensor | tf.Tensor[],
  input: Input = floats(['batch', 3, 4]),
  options?: LineOptions,
): Line => line({ x: input }, ({ x }) => fn(x), options);

/** The same for float32, int32 and bool. */
export const ofEachType = (
  fn: (x: tf.Tensor4D) => tf.Tensor | tf.Tensor[],
  options?: LineOptions,
): Line[] => [
  one(fn, floats(['batch', 3, 4]), options),
  one(fn, ints(['batch', 3, 4], 9, -9)),
  one(fn, bools(['batch', 3, 4])),
];

/** What a line computes, by name. */
export const outputsOf =
  ({ fn }: Line) =>
  (inputs: Record<string, tf.Tensor>): Record<string, tf.Tensor> =>
    Object.fromEntries([fn(inputs)].flat().map((y, i) => [`y${i}`, y]));

/** d/dx of the sum of y^2 for every float input x: a dy that no two elements share. */
export function gradientsOf({ inputs, fn }: Line) {
  const names = Object.keys(inputs).filter((name) => inputs[name]!.dtype === 'float32');
  return (tensors: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const loss = (...xs: tf.Tensor[]) => {
      const made = [fn({ ...tensors, ...Object.fromEntries(names.map((name, i) => [name, xs[i]!])) })].flat();
      return made.map((y) => tf.sum(tf.square(y))).reduce((a, b) => tf.add(a, b));
    };
    const found = tf.grads(loss)(names.map((name) => tensors[name]!));
    return Object.fromEntries(names.map((name, i) => [`d${name}`, found[i]!]));
  };
}
