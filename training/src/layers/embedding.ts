import * as tf from '@tensorflow/tfjs';
import { normal } from '../models/initialisers.js';
import type { ParameterScope } from '../models/parameter-scope.js';
import type { Parameters } from '../models/parameters.js';

/** A table of `rows` vectors: label [B] int32 in [0, rows) -> [B, width]. */
export function embedding(
  scope: ParameterScope,
  { rows, width }: { rows: number; width: number },
): (p: Parameters, label: tf.Tensor1D) => tf.Tensor2D {
  const table = scope.declare<tf.Tensor2D>('table', [rows, width], normal(1));
  return scope.layer('embedding', (p, label) => tf.gather(table(p), label) as tf.Tensor2D);
}
