import { createSession } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { Tensor } from 'onnxruntime-common';
import { product } from '../graph/sizes.js';
import type { InputSpec } from '../trace/trace.js';
import { onCpu } from './on-cpu.js';
import { seededNumbers } from './seeded-numbers.js';
import type { TfjsModel } from './tfjs-model.js';

/** How far one output is from TensorFlow.js's. */
export interface Deviation {
  readonly output: string;
  /** What the open dimensions were, by name. */
  readonly sizes: Readonly<Record<string, number>>;
  /** The shape of the output. */
  readonly shape: readonly number[];
  /** The largest |a - b|. */
  readonly absolute: number;
  /** The largest |a - b| over |a|, over the root mean square of a, or over 1, whichever is largest. */
  readonly relative: number;
}

export interface VerifyOptions {
  /** What to make of the open dimensions, one run each; by default two runs, at sizes that no trace was made at. */
  readonly sizes?: readonly Readonly<Record<string, number>>[];
  /** Of the random inputs: float32 in [0, 1), int32 in 0..255, bool. */
  readonly seed?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Sizes beside those of the trace: a batch, and anything else. */
const UNSEEN = { batch: [1, 4], other: [96, 160] } as const;

/**
 * Runs a model on TensorFlow.js's cpu backend and as the ONNX model made of it on ONNX Runtime, on the same random
 * inputs at several sizes.
 *
 * @param model the model as the ONNX model was made of it, and the inputs that it has there
 * @param onnx the ONNX model's path, or its bytes
 * @throws Error where shapes or types differ, or where either cannot run the model
 */
export async function verifyModel(
  model: TfjsModel,
  inputs: Readonly<Record<string, InputSpec>>,
  onnx: string | Uint8Array,
  { sizes = unseenSizes(inputs), seed = 20240607, signal }: VerifyOptions = {},
): Promise<Deviation[]> {
  const { session } = await createSession(onnx, { provider: 'cpu' });
  const random = seededNumbers(seed);
  const deviations: Deviation[] = [];
  try {
    for (const at of sizes) {
      signal?.throwIfAborted();
      const drawn = Object.entries(inputs).map(([name, spec]) => [name, draw(spec, at, random)] as const);
      const found = await session.run(Object.fromEntries(drawn));
      const expected = await onCpu(() => runModel(model, drawn));
      for (const output of model.outputs)
        deviations.push({ output, sizes: at, ...compare(output, expected[output]!, found[output]!) });
    }
  } finally {
    await session.release();
  }
  return deviations;
}

async function runModel(
  model: TfjsModel,
  drawn: readonly (readonly [string, Tensor])[],
): Promise<Record<string, Tensor>> {
  const given = Object.fromEntries(
    drawn.map(([name, { data, dims, type }]) => [
      name,
      tf.tensor(data as Float32Array, [...dims], type as 'float32'),
    ]),
  );
  const made = await model.run(given);
  try {
    return Object.fromEntries(Object.entries(made).map(([name, tensor]) => [name, hostTensor(tensor)]));
  } finally {
    tf.dispose([given, made]);
  }
}

/** tfjs's cpu backend may hold the numbers of one type in an array of another. */
function hostTensor(tensor: tf.Tensor): Tensor {
  const [data, dims] = [tensor.dataSync(), tensor.shape];
  switch (tensor.dtype) {
    case 'float32':
      return new Tensor('float32', Float32Array.from(data), dims);
    case 'int32':
      return new Tensor('int32', Int32Array.from(data), dims);
    case 'bool':
      return new Tensor('bool', Uint8Array.from(data), dims);
    default:
      throw new Error(
        `TensorFlow.js gives a tensor of type ${tensor.dtype}, which ONNX Runtime cannot be held to.`,
      );
  }
}

function unseenSizes(inputs: Readonly<Record<string, InputSpec>>): Record<string, number>[] {
  const names = [
    ...new Set(Object.values(inputs).flatMap(({ shape }) => shape.filter((d) => typeof d === 'string'))),
  ];
  const runs = names.length === 0 ? [0] : [0, 1];
  return runs.map((run) =>
    Object.fromEntries(
      names.map((name, i) => [name, name === 'batch' ? UNSEEN.batch[run]! : UNSEEN.other[run]! + 32 * i]),
    ),
  );
}

function draw(
  { dtype, shape }: InputSpec,
  at: Readonly<Record<string, number>>,
  random: () => number,
): Tensor {
  const dims = shape.map((d) => {
    const size = typeof d === 'string' ? at[d] : d;
    if (size === undefined) throw new Error(`There is no size for the open dimension ${d}.`);
    return size;
  });
  const length = product(dims);
  const numbers = (below: number) => Array.from({ length }, () => Math.floor(below * random()));
  switch (dtype) {
    case 'float32':
      return new Tensor(dtype, Float32Array.from({ length }, random), dims);
    case 'int32':
      return new Tensor(dtype, Int32Array.from(numbers(256)), dims);
    case 'bool':
      return new Tensor(dtype, Uint8Array.from(numbers(2)), dims);
  }
}

function compare(
  output: string,
  expected: Tensor,
  found: Tensor,
): Pick<Deviation, 'shape' | 'absolute' | 'relative'> {
  const signature = ({ type, dims }: Tensor) => `${type} [${dims.join(', ')}]`;
  if (signature(expected) !== signature(found))
    throw new Error(
      `The output ${output} is ${signature(found)} on ONNX Runtime and ${signature(expected)} on TensorFlow.js.`,
    );
  const [a, b] = [expected.data as Float32Array, found.data as Float32Array];
  let [sum, finite] = [0, 0];
  for (const x of a) {
    if (!Number.isFinite(x)) continue;
    sum += x * x;
    finite++;
  }
  const scale = Math.max(1, Math.sqrt(sum / Math.max(1, finite)));
  let [absolute, relative] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    const difference = Math.abs(a[i]! - b[i]!);
    const apart = Number.isFinite(difference) ? difference : Infinity;
    absolute = Math.max(absolute, apart);
    relative = Math.max(relative, apart / Math.max(scale, Math.abs(a[i]!)));
  }
  return { shape: expected.dims, absolute, relative };
}
