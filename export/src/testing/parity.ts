import { createSession } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { seededNumbers } from '../convert/seeded-numbers.js';
import type { Graph } from '../graph/graph.js';
import { OLDEST_OPSET, OPSET } from '../onnx/opsets.js';
import { writeGraph } from '../score-model/export-function.js';
import { trace, type InputSpec, type TracedFunction } from '../trace/trace.js';

export const SEED = 20240607;

/** For test inputs. */
export const randomNumbers = (seed = SEED): (() => number) => seededNumbers(seed);

export interface Input extends InputSpec {
  /** Numbers lie in [low, high); those of an int32 input are whole. */
  readonly low: number;
  readonly high: number;
}

export const floats = (shape: InputSpec['shape'], low = -2, high = 2): Input => ({
  dtype: 'float32',
  shape,
  low,
  high,
});
export const ints = (shape: InputSpec['shape'], below: number, low = 0): Input => ({
  dtype: 'int32',
  shape,
  low,
  high: below,
});
export const bools = (shape: InputSpec['shape']): Input => ({ dtype: 'bool', shape, low: 0, high: 2 });

/** Sizes of the symbolic dimensions; a number is that of the batch. */
export type Sizes = number | Readonly<Record<string, number>>;

/** Values for an input at some sizes, for tfjs and for ONNX Runtime. */
export function draw({ dtype, shape, low, high }: Input, at: Sizes, random: () => number) {
  const sizes = typeof at === 'number' ? { batch: at } : at;
  const dims = shape.map((d) => (typeof d === 'string' ? sizes[d]! : d));
  const size = dims.reduce((p, d) => p * d, 1);
  const number = () => low + (high - low) * random();
  const numbers = Array.from({ length: size }, () => (dtype === 'float32' ? number() : Math.floor(number())));
  const values = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype].from(numbers);
  return {
    tensor: tf.tensor(values, dims, dtype as 'float32'),
    host: new Tensor(dtype as 'float32', values as Float32Array, dims),
  };
}

/**
 * The largest relative difference: |a - b| over |a|, or over the root mean square of all of a (sums that cancel), or
 * over 1, whichever is largest. NaN beside NaN is no difference.
 */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let max = a.length === b.length ? 0 : Infinity;
  const finite = Array.from(a).filter(Number.isFinite);
  const scale = Math.max(1, Math.sqrt(finite.reduce((sum, v) => sum + v * v, 0) / finite.length));
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    const difference = Math.abs(a[i]! - b[i]!) / Math.max(scale, Math.abs(a[i]!));
    max = Math.max(max, Number.isFinite(difference) ? difference : Infinity);
  }
  return max;
}

const OPSETS = Array.from({ length: OPSET - OLDEST_OPSET + 1 }, (_, i) => OPSET - i);

/**
 * How far a function on tfjs's cpu backend and its export on ONNX Runtime are apart: the largest `distance` over
 * some sizes, by output; in the first opset at all of them, in the others at the last. Shapes and types have to agree.
 *
 * @param versions the opsets, all of them by default; and since which one the function can be written, the oldest by
 *   default: for older ones it has to be refused by that number
 */
export async function exportDifference(
  fn: TracedFunction,
  inputs: Readonly<Record<string, Input>>,
  sizes: readonly Sizes[] = [1, 3, 17],
  {
    opsets = OPSETS,
    since = OLDEST_OPSET,
  }: { readonly opsets?: readonly number[]; readonly since?: number | undefined } = {},
): Promise<Record<string, number>> {
  await tf.setBackend('cpu');
  const { graph } = trace(fn, inputs);
  for (const opset of opsets.filter((o) => o < since)) expectRefused(graph, opset, since);
  const models = opsets
    .filter((opset) => opset >= since)
    .map((opset) => ({ opset, model: writeGraph(graph, { opset }).model }));
  return modelsDifference(models, fn, inputs, sizes);
}

/** The same of ONNX files that are the function's export; the first is run at all sizes, the others at the last. */
export async function modelsDifference(
  models: readonly { readonly opset: number; readonly model: Uint8Array }[],
  fn: TracedFunction,
  inputs: Readonly<Record<string, Input>>,
  sizes: readonly Sizes[],
): Promise<Record<string, number>> {
  const sessions = await Promise.all(
    models.map(async ({ opset, model }) => ({
      opset,
      session: (await createSession(model, { provider: 'cpu' })).session,
    })),
  );
  const random = randomNumbers();
  const worst: Record<string, number> = {};
  for (const [i, at] of sizes.entries()) {
    const drawn = Object.entries(inputs).map(([name, spec]) => [name, draw(spec, at, random)] as const);
    const tensors = Object.fromEntries(drawn.map(([name, { tensor }]) => [name, tensor]));
    const feeds = Object.fromEntries(drawn.map(([name, { host }]) => [name, host]));
    const expected = tf.tidy(() => fn(tensors));
    for (const { opset, session } of i === sizes.length - 1 ? sessions : sessions.slice(0, 1)) {
      const found = await session.run(feeds);
      for (const [name, tensor] of Object.entries(expected)) {
        const y = found[name]!;
        const signature = `${tensor.dtype} [${tensor.shape.join(', ')}]`;
        if (`${y.type} [${y.dims.join(', ')}]` !== signature) {
          throw new Error(
            `${name} is ${y.type} [${y.dims.join(', ')}] on ONNX Runtime, in opset ${opset}, and ${signature} on tfjs.`,
          );
        }
        worst[name] = Math.max(worst[name] ?? 0, distance(tensor.dataSync(), y.data as Float32Array));
      }
    }
    tf.dispose([expected, tensors]);
  }
  for (const { session } of sessions) await session.release();
  return worst;
}

function expectRefused(graph: Graph, opset: number, since: number): void {
  const wanted = `opset ${since} or newer, not ${opset}.`;
  try {
    writeGraph(graph, { opset });
  } catch (error) {
    if ((error as Error).message.includes(wanted)) return;
    throw error;
  }
  throw new Error(`What needs opset ${since} was written in opset ${opset}; expected an error: ${wanted}`);
}
