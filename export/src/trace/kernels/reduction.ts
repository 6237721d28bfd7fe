import {
  util,
  type ArgMaxAttrs,
  type CumprodAttrs,
  type CumsumAttrs,
  type SoftmaxAttrs,
} from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import { cumulativeProduct } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { shift } from '../../graph/shift.js';
import { input, type Rule, type Rules } from './rule.js';

/** tfjs calls the axes `axis`, and for Max alone `reductionIndices`. */
interface ReduceAttrs {
  axis?: number | number[];
  reductionIndices?: number | number[];
  keepDims?: boolean;
}

const reduction =
  (op: string): Rule =>
  (inputs, { axis, reductionIndices, keepDims }: ReduceAttrs) => {
    const x = input(inputs, 'x');
    const axes = axis ?? reductionIndices ?? x.shape.map((_, i) => i);
    return g.reduce(op, x, util.parseAxisParam(axes, [...x.shape]), keepDims ?? false);
  };

const logical =
  (op: string): Rule =>
  (inputs, attrs) =>
    g.cast(reduction(op)({ x: g.cast(input(inputs, 'x'), 'int32') }, attrs) as Value, 'bool');

const argument =
  (op: string): Rule =>
  (inputs, { axis }: ArgMaxAttrs) => {
    const given = input(inputs, 'x');
    const x = given.dtype === 'bool' ? g.cast(given, 'int32') : given;
    return g.cast(g.argReduce(op, x, util.parseAxisParam(axis, [...x.shape])[0]!), 'int32');
  };

export const reductions: Rules = {
  Sum: reduction('ReduceSum'),
  // Of whole numbers too, the mean is a float.
  Mean: (inputs, attrs) => reduction('ReduceMean')({ x: g.cast(input(inputs, 'x'), 'float32') }, attrs),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
  All: logical('ReduceMin'),
  Any: logical('ReduceMax'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  Softmax: (inputs, { dim }: SoftmaxAttrs) => {
    const logits = input(inputs, 'logits');
    return g.softmax(logits, dim < 0 ? dim + logits.rank : dim);
  },
  // By hand: WebGPU has no LogSoftmax.
  LogSoftmax: (inputs, { axis }: { axis: number }) => {
    const logits = input(inputs, 'logits');
    const axes = [axis < 0 ? axis + logits.rank : axis];
    const shifted = g.sub(logits, g.reduce('ReduceMax', logits, axes, true));
    return g.sub(shifted, g.unary('Log', g.reduce('ReduceSum', g.unary('Exp', shifted), axes, true)));
  },
  Cumsum: (inputs, { axis, exclusive, reverse }: CumsumAttrs) => {
    const given = input(inputs, 'x');
    const x = given.dtype === 'bool' ? g.cast(given, 'int32') : given;
    return g.emit(
      'CumSum',
      [x, g.constant('int32', [], [axis], x.shapes.length)],
      { dtype: x.dtype, shapes: x.shapes },
      { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 },
    );
  },
  Cumprod: (inputs, { axis, exclusive, reverse }: CumprodAttrs) => {
    const x = input(inputs, 'x');
    const numbers = x.dtype === 'bool' ? g.cast(x, 'int32') : x;
    const at = util.parseAxisParam(axis, [...x.shape])[0]!;
    const factors = exclusive ? shift(numbers, at, reverse ? -1 : 1) : numbers;
    return cumulativeProduct(factors, at, reverse ?? false);
  },
};
