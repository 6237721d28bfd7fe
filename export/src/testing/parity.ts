import { createSession } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { exportFunction } from '../score-model/export-function.js';
import type { InputSpec, TracedFunction } from '../trace/trace.js';

export const SEED = 20240607;

/** A small seeded generator (mulberry32) for test inputs. */
export function randomNumbers(seed = SEED): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Input extends InputSpec {
  /** Values of an int32 input lie in [0, below); floats in [low, high). */
  readonly below?: number;
  readonly low?: number;
  readonly high?: number;
}

export const floats = (shape: InputSpec['shape'], low = -2, high = 2): Input => ({
  dtype: 'float32',
  shape,
  low,
  high,
});
export const ints = (shape: InputSpec['shape'], below: number): Input => ({ dtype: 'int32', shape, below });

/** The largest difference between a function on tfjs's cpu backend and its export on ONNX Runtime, per output. */
export async function exportDifference(
  fn: TracedFunction,
  inputs: Readonly<Record<string, Input>>,
  batches: readonly number[] = [1, 3, 17],
): Promise<Record<string, number>> {
  await tf.setBackend('cpu');
  const { model } = exportFunction(fn, inputs);
  const { session } = await createSession(model, { provider: 'cpu' });
  const random = randomNumbers();
  const worst: Record<string, number> = {};
  for (const batch of batches) {
    const feeds: Record<string, Tensor> = {};
    const tensors: Record<string, tf.Tensor> = {};
    for (const [name, { dtype, shape, below = 2, low = -2, high = 2 }] of Object.entries(inputs)) {
      const dims = shape.map((d) => (d === 'batch' ? batch : d));
      const size = dims.reduce((p, d) => p * d, 1);
      const values =
        dtype === 'float32'
          ? Float32Array.from({ length: size }, () => low + (high - low) * random())
          : Int32Array.from({ length: size }, () => Math.floor(random() * below));
      feeds[name] = new Tensor(dtype as 'float32', values as Float32Array, dims);
      tensors[name] = tf.tensor(values, dims, dtype as 'float32');
    }
    const expected = tf.tidy(() => fn(tensors));
    const found = await session.run(feeds);
    for (const [name, tensor] of Object.entries(expected)) {
      const y = found[name]!;
      if (y.dims.join() !== tensor.shape.join()) {
        throw new Error(
          `${name} has shape [${y.dims.join()}] on ONNX Runtime and [${tensor.shape.join()}] on tfjs.`,
        );
      }
      const a = tensor.dataSync();
      const b = y.data as Float32Array;
      let max = worst[name] ?? 0;
      for (let i = 0; i < a.length; i++) {
        const difference = Math.abs(a[i]! - b[i]!);
        // NaN on both sides is the same; on one side it is as far as can be.
        if (Number.isNaN(difference) && !(Number.isNaN(a[i]!) && Number.isNaN(b[i]!))) {
          max = Object.is(a[i], b[i]) ? max : Infinity;
        } else if (difference > max) max = difference;
      }
      worst[name] = max;
    }
    tf.dispose([expected, tensors]);
  }
  await session.release();
  return worst;
}
