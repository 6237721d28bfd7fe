import * as tf from '@tensorflow/tfjs';
import { line, type Examples } from '../example.js';
import { floats } from '../parity.js';

const fused = (activation: 'linear' | 'relu' | 'relu6' | 'elu' | 'sigmoid' | 'leakyrelu') =>
  line({ a: floats(['batch', 3]), b: floats([3, 4]), bias: floats([4]) }, ({ a, b, bias }) =>
    tf.fused.matMul({ a, b, bias, activation, leakyreluAlpha: 0.3 }),
  );

export const matMuls: Examples = {
  BatchMatMul: [
    line({ a: floats(['batch', 3]), b: floats([3, 4]) }, ({ a, b }) => tf.matMul(a, b)),
    line({ a: floats([3, 'batch']), b: floats([4, 3]) }, ({ a, b }) => tf.matMul(a, b, true, true)),
    line({ a: floats(['batch', 3, 2]), b: floats(['batch', 4, 2]) }, ({ a, b }) =>
      tf.matMul(a, b, false, true),
    ),
    line({ a: floats(['batch', 3, 2]), b: floats([2, 4]) }, ({ a, b }) => tf.matMul(a, b), {
      gradient: 'tfjs does not sum it over what was broadcast',
    }),
    line({ a: floats(['batch', 2, 3, 4]), b: floats(['batch', 2, 3, 5]) }, ({ a, b }) =>
      tf.matMul(a, b, true),
    ),
    line({ a: floats(['batch', 3]), b: floats([3]) }, ({ a, b }) => tf.dot(a, b)),
    line({ a: floats([4]), b: floats(['batch']) }, ({ a, b }) =>
      tf.outerProduct(a as unknown as tf.Tensor1D, b as unknown as tf.Tensor1D),
    ),
  ],
  _FusedMatMul: [
    line({ a: floats(['batch', 3]), b: floats([3, 4]) }, ({ a, b }) => tf.fused.matMul({ a, b })),
    line({ a: floats([3, 'batch']), b: floats([4, 3]), bias: floats([4]) }, ({ a, b, bias }) =>
      tf.fused.matMul({ a, b, bias, transposeA: true, transposeB: true, activation: 'relu' }),
    ),
    ...(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const).map(fused),
    line(
      { a: floats(['batch', 3]), b: floats([3, 4]), w: floats([4]) },
      ({ a, b, w }) => tf.fused.matMul({ a, b, activation: 'prelu', preluActivationWeights: w }),
      { gradient: 'tfjs has none for a fused prelu' },
    ),
  ],
};
