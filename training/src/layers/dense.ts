import * as tf from '@tensorflow/tfjs';
import { leCunUniform, zeros, type Initialiser } from '../models/initialisers.js';
import type { ParameterScope } from '../models/parameter-scope.js';
import type { Layer } from './layer.js';

export interface DenseOptions {
  inputs: number;
  outputs: number;
  /** True by default. */
  bias?: boolean;
  init?: Initialiser;
}

/** x [B, inputs] -> x kernel + bias [B, outputs]. */
export function dense(
  scope: ParameterScope,
  { inputs, outputs, bias = true, init = leCunUniform }: DenseOptions,
): Layer<tf.Tensor2D> {
  const kernel = scope.declare<tf.Tensor2D>('kernel', [inputs, outputs], init);
  if (!bias) return scope.layer('dense', (p, x) => tf.matMul(x, kernel(p)));
  const offset = scope.declare('bias', [outputs], zeros);
  return scope.layer('dense', (p, x) => tf.add(tf.matMul(x, kernel(p)), offset(p)));
}
