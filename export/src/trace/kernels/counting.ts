import type { BincountAttrs, DenseBincountAttrs } from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { product } from '../../graph/sizes.js';
import { input, type Inputs, type Rules } from './rule.js';

/**
 * How often each of 0 .. size - 1 stands in a row of x, or the sum of its weights, as a comparison with each of them;
 * one that is no such number counts nowhere.
 */
function count(inputs: Inputs, size: number) {
  const x = input(inputs, 'x');
  const weights = input(inputs, 'weights');
  const row = [...x.shape.slice(0, -1), 1, x.shape.at(-1) ?? 1];
  const classes = g.constant(
    'int32',
    [size, 1],
    Array.from({ length: size }, (_, i) => i),
  );
  // tfjs counts bools as whole numbers, in an array of bytes.
  const type = weights.dtype === 'bool' ? 'int32' : weights.dtype;
  const hits = g.cast(g.compare('Equal', g.reshape(x, [row]), classes), type);
  const weighted = product(weights.shape) > 0 ? g.mul(hits, g.reshape(g.cast(weights, type), [row])) : hits;
  return g.cast(g.reduce('ReduceSum', weighted, [hits.rank - 1], false), weights.dtype);
}

export const counting: Rules = {
  // Of all elements, whatever their shape.
  Bincount: (inputs, { size }: BincountAttrs) => {
    const flat = (x: Value) => g.reshape(x, [[product(x.shape)]]);
    return count({ x: flat(input(inputs, 'x')), weights: flat(input(inputs, 'weights')) }, size);
  },
  DenseBincount: (inputs, { size, binaryOutput }: DenseBincountAttrs) => {
    const x = input(inputs, 'x');
    const weights = input(inputs, 'weights');
    // tfjs looks at `binaryOutput` for matrices alone.
    if (!binaryOutput || x.rank < 2) return count(inputs, size);
    const counts = count({ x, weights: g.constant('int32', [0], []) }, size);
    return g.cast(g.compare('Greater', counts, g.scalar(0, counts)), weights.dtype);
  },
};
