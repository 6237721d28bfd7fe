import type { FillAttrs, LinSpaceAttrs, OneHotAttrs, RangeAttrs } from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { dataTypeOf } from '../data-type.js';
import { input, type Rules } from './rule.js';

/** A tensor of one value. Filled from a scalar, so that no size is baked into a constant. */
const filled = (dtype: 'float32' | 'int32' | 'bool', shape: readonly number[], value: number): Value =>
  g.expand(g.constant(dtype, [], [value]), [shape]);

/** The numbers of a range; as in tfjs, a step of 1 towards a lower end counts down. */
function rangeOf(start: number, stop: number, step: number): number[] {
  const by = stop < start && step === 1 ? -1 : step;
  const count = Math.max(0, Math.ceil((stop - start) / by));
  return Array.from({ length: count }, (_, i) => start + i * by);
}

/** Tensors that are made of numbers alone, and not of other tensors' values. */
export const fillings: Rules = {
  Fill: (_, { shape, value, dtype }: FillAttrs) =>
    filled(dataTypeOf(dtype) as 'float32', shape, value as number),
  ZerosLike: (inputs) => filled(input(inputs, 'x').dtype as 'float32', input(inputs, 'x').shape, 0),
  OnesLike: (inputs) => filled(input(inputs, 'x').dtype as 'float32', input(inputs, 'x').shape, 1),
  Range: (_, { start, stop, step, dtype }: RangeAttrs) => {
    const numbers = rangeOf(start, stop, step);
    return g.constant(dataTypeOf(dtype ?? 'float32'), [numbers.length], numbers);
  },
  LinSpace: (_, { start, stop, num }: LinSpaceAttrs) => {
    const step = num > 1 ? (stop - start) / (num - 1) : 0;
    return g.constant(
      'float32',
      [num],
      Array.from({ length: num }, (_x, i) => start + i * step),
    );
  },
  OneHot: (inputs, { dtype, depth, onValue, offValue }: OneHotAttrs) => {
    // Not ONNX's OneHot, which crashes the WebGPU provider: a comparison with 0 .. depth - 1.
    const indices = input(inputs, 'indices');
    const type = dataTypeOf(dtype ?? 'int32');
    const classes = g.constant(
      'int32',
      [depth],
      Array.from({ length: depth }, (_, i) => i),
    );
    const hit = g.compare('Equal', g.reshape(indices, [[...indices.shape, 1]]), classes);
    return g.where(hit, g.constant(type, [], [onValue]), g.constant(type, [], [offValue]));
  },
};
