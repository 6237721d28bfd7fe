import type { BatchMatMulAttrs, _FusedMatMulAttrs } from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { activate, biasAdd } from './activation.js';
import { input, type Rules } from './rule.js';

const swapLastTwo = (x: Value): Value => {
  const perm = x.shape.map((_, i) => i);
  [perm[x.rank - 1], perm[x.rank - 2]] = [x.rank - 2, x.rank - 1];
  return g.transpose(x, perm);
};

const product = (a: Value, b: Value, { transposeA, transposeB }: BatchMatMulAttrs): Value =>
  g.matMul(transposeA ? swapLastTwo(a) : a, transposeB ? swapLastTwo(b) : b);

export const matMuls: Rules = {
  BatchMatMul: (inputs, attrs: BatchMatMulAttrs) => product(input(inputs, 'a'), input(inputs, 'b'), attrs),
  _FusedMatMul: (inputs, attrs: _FusedMatMulAttrs) =>
    activate(
      biasAdd(product(input(inputs, 'a'), input(inputs, 'b'), attrs), inputs['bias']),
      attrs,
      inputs['preluActivationWeights'],
    ),
};
