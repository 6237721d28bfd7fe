import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { cumulativeProduct, shift } from './cumulative.js';
import { input, type Rules } from './rule.js';

/** How far apart neighbours along each axis of a tensor of this shape lie, in row-major order. */
const strides = (shape: Value): Value => cumulativeProduct(shift(shape, 0, -1), 0, -1);

/** The shape with its -1, if it has one, as what is left of `size` elements. */
function inferred(shape: Value, size: Value): Value {
  const open = g.compare('Equal', shape, g.scalar(-1, shape));
  const known = g.reduce('ReduceProd', g.where(open, g.scalar(1, shape), shape), [0], true);
  return g.where(open, g.div(size, atLeastOne(known)), shape);
}

/** A divisor of whole numbers: those of an empty tensor are 0, which ONNX Runtime does not survive. */
const atLeastOne = (x: Value): Value => g.binary('Max', x, g.scalar(1, x));

export const sparse: Rules = {
  // tfjs also holds the two shapes against each other; a graph does not look at what it is given.
  SparseReshape: (inputs) => {
    const indices = input(inputs, 'inputIndices');
    const shape = input(inputs, 'inputShape');
    const size = g.reduce('ReduceProd', shape, [0], true);
    const newShape = inferred(input(inputs, 'newShape'), size);
    const flat = g.reduce('ReduceSum', g.mul(indices, strides(shape)), [1], true);
    const place = g.div(flat, atLeastOne(strides(newShape)));
    const turns = g.mul(g.div(place, atLeastOne(newShape)), newShape);
    return [g.sub(place, turns), newShape];
  },
};
