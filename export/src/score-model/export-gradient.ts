import * as tf from '@tensorflow/tfjs-core';
import type { WrittenModel } from '../onnx/write.js';
import type { InputSpec } from '../trace/trace.js';
import { exportFunction, type ExportOptions } from './export-function.js';

/** A number for each sample, [batch]: x float32 [batch, ...shape], level float32 [batch], label int32 [batch]. */
export type ScalarFunction = (x: tf.Tensor, level: tf.Tensor1D, label: tf.Tensor1D) => tf.Tensor1D;

/**
 * A number for each sample and its gradient by x as an ONNX file, such as log p(label | x) of a classifier of noisy samples,
 * which guides a sampler (the runtime's `classifierGuided`). Inputs `x`, `level` and `label`; outputs `value` [batch] and
 * `gradient`, of x's shape. The batch is symbolic; the numbers of a sample may not depend on the others.
 *
 * @param shape of one sample, without the batch
 * @throws Error if the function cannot be traced or differentiated, or does not give a number for each sample
 */
export function exportGradient(
  f: ScalarFunction,
  shape: readonly number[],
  options: ExportOptions = {},
): WrittenModel {
  const inputs: Record<string, InputSpec> = {
    x: { dtype: 'float32', shape: ['batch', ...shape] },
    level: { dtype: 'float32', shape: ['batch'] },
    label: { dtype: 'int32', shape: ['batch'] },
  };
  return exportFunction(
    ({ x, level, label }) => {
      const values = (x: tf.Tensor) => f(x, level as tf.Tensor1D, label as tf.Tensor1D);
      const value = values(x!);
      if (value.shape.join() !== level!.shape.join())
        throw new Error(
          `The function gives shape [${value.shape.join(', ')}] where [${level!.shape.join(', ')}] was expected, a number for each sample.`,
        );
      return { value, gradient: tf.grad((x) => tf.sum(values(x)))(x!) };
    },
    inputs,
    options,
  );
}
