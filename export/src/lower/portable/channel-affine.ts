import type { Node, Value } from '../../graph/graph.js';
import { channelAffineOf } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';

/** As products and sums that broadcast. */
export function channelAffine(node: Node, inputs: Value[]): Value[] {
  const { terms, offset } = channelAffineOf(node, inputs);
  const parts = terms.map(({ base, factor }) => (factor ? g.mul(base, factor) : base));
  return [[...parts, ...(offset ? [offset] : [])].reduce((sum, part) => g.add(sum, part))];
}
