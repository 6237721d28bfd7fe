/** Ops whose result is as large as the data tell, which tfjs runs by reading them. A trace has none to read. */
import * as tf from '@tensorflow/tfjs-core';
import { dataDependentSize } from '../graph/data-dependent-size.js';
import type { Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { BACKEND_NAME, recordingBackend } from './backend.js';

/** Makes nodes of tensors, where a trace is running and knows not all of their values. */
function recorded(tensors: readonly tf.Tensor[], make: (...values: Value[]) => Value): tf.Tensor | undefined {
  if (tf.getBackend() !== BACKEND_NAME) return undefined;
  const backend = recordingBackend();
  const values = tensors.map((tensor) => backend.graphValue(tensor));
  if (values.every((value) => backend.known.read(value))) return undefined;
  return tf
    .engine()
    .makeTensorFromTensorInfo(backend.tensorInfo(g.withSource(undefined, () => make(...values))));
}

/** Where a tensor of booleans is true, in order: int32 [count, rank], as tf.whereAsync. */
export function nonZeroIndices(condition: tf.Tensor): tf.Tensor {
  return (
    recorded([condition], (value) => {
      const shapes = [[value.rank, dataDependentSize()]];
      return g.cast(g.transpose(g.emit('NonZero', [value], { dtype: 'int64', shapes }), [1, 0]), 'int32');
    }) ?? nonZeroOnHost(condition)
  );
}

function nonZeroOnHost(condition: tf.Tensor): tf.Tensor {
  const { shape, rank } = condition;
  const data = condition.dataSync();
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((p, d) => p * d, 1));
  const indices: number[] = [];
  for (let i = 0; i < data.length; i++)
    if (data[i]) indices.push(...strides.map((stride, axis) => Math.floor(i / stride) % shape[axis]!));
  return tf.tensor(indices, [indices.length / Math.max(1, rank), rank], 'int32');
}

/** The numbers from `start` by `step` up to below `stop`, which are tensors: [count], as tf.range of their values. */
export function rangeOf(start: tf.Scalar, stop: tf.Scalar, step: tf.Scalar): tf.Tensor {
  return (
    recorded([start, stop, step], (...bounds) => {
      const { dtype } = bounds[0]!;
      const scalars = bounds.map((bound) => g.reshape(g.cast(bound, dtype), [[]]));
      return g.emit('Range', scalars, { dtype, shapes: [[dataDependentSize()]] });
    }) ??
    tf.range(
      start.dataSync()[0]!,
      stop.dataSync()[0]!,
      step.dataSync()[0]!,
      start.dtype as 'float32' | 'int32',
    )
  );
}
