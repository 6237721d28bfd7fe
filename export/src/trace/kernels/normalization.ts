import type { FusedBatchNormAttrs, LRNAttrs } from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { input, type Rules } from './rule.js';

/** The sum of each element and its neighbours along the last axis: a product with a matrix of ones in a band. */
function sumOfNeighbours(x: Value, radius: number): Value {
  const channels = x.shape.at(-1)!;
  const near = Array.from({ length: channels ** 2 }, (_, k) =>
    Math.abs(Math.floor(k / channels) - (k % channels)) <= radius ? 1 : 0,
  );
  return g.matMul(x, g.constant('float32', [channels, channels], near, x.shapes.length));
}

/** s in y = x s^-beta of local response normalization. */
const responses = (x: Value, { depthRadius, bias, alpha }: LRNAttrs): Value =>
  g.add(g.mul(sumOfNeighbours(g.mul(x, x), depthRadius), g.scalar(alpha, x)), g.scalar(bias, x));

const power = (x: Value, exponent: number): Value => g.binary('Pow', x, g.scalar(exponent, x));

export const normalizations: Rules = {
  FusedBatchNorm: (inputs, { varianceEpsilon }: FusedBatchNormAttrs) => {
    const x = input(inputs, 'x');
    const variance = input(inputs, 'variance');
    const deviation = g.unary('Sqrt', g.add(variance, g.scalar(varianceEpsilon, variance)));
    // Two passes over x, not four, and a convolution before it can take both in.
    const scale = g.div(inputs['scale'] ?? g.scalar(1, deviation), deviation);
    const shift = g.mul(input(inputs, 'mean'), scale);
    const offset = inputs['offset'] ? g.sub(inputs['offset'], shift) : g.unary('Neg', shift);
    return g.add(g.mul(x, scale), offset);
  },
  // By hand: WebGPU has no LRN, and ONNX's divides alpha by the size of the window.
  LRN: (inputs, attrs: LRNAttrs) => {
    const x = input(inputs, 'x');
    return g.mul(x, power(responses(x, attrs), -attrs.beta));
  },
  LRNGrad: (inputs, attrs: LRNAttrs) => {
    const x = input(inputs, 'x');
    const dy = input(inputs, 'dy');
    const s = responses(x, attrs);
    const direct = g.mul(dy, power(s, -attrs.beta));
    const through = sumOfNeighbours(g.mul(g.mul(dy, x), power(s, -attrs.beta - 1)), attrs.depthRadius);
    return g.sub(direct, g.mul(g.mul(x, through), g.scalar(2 * attrs.alpha * attrs.beta, x)));
  },
};
