import type { Graph, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { isFixed, product } from '../../graph/sizes.js';
import { rewrite } from '../../passes/rewrite.js';

/**
 * Transposes that change the last axis, as ONNX Runtime's cpu is fast at them: it moves one axis, or blocks of the last ones,
 * ten times as fast as numbers in any other order, and does not see that axes which stay side by side are one.
 */
export const fastTransposes = (graph: Graph): Graph =>
  rewrite(graph, (node, [x]) => {
    if (node.op !== 'Transpose' || !isFixed(x!.shapes)) return undefined;
    const perm = node.attrs['perm'] as readonly number[];
    if (isFast(perm)) return undefined;
    return [g.reshape(transposed(x!, mergeAxes(x!.shape, perm)), node.output.shapes)];
  });

interface Order {
  readonly shape: readonly number[];
  readonly perm: readonly number[];
}

function transposed(x: Value, { shape, perm }: Order): Value {
  if (perm.length < 2) return x;
  if (isFast(perm)) return g.transpose(g.reshape(x, [shape]), perm);
  // What ends last goes there first, which is one axis; what is left are blocks.
  const last = perm.at(-1)!;
  const first = [...perm.keys()].filter((axis) => axis !== last).concat(last);
  const sizes = first.map((axis) => shape[axis]!);
  const moved = transposed(x, withAxisBefore(mergeAxes(shape, first)));
  return transposed(
    moved,
    mergeAxes(
      sizes,
      perm.map((axis) => first.indexOf(axis)),
    ),
  );
}

/** The same transpose of one axis more: across a reshape without it ONNX Runtime does not make one of two transposes again. */
const withAxisBefore = ({ shape, perm }: Order): Order => ({
  shape: [1, ...shape],
  perm: [0, ...perm.map((axis) => axis + 1)],
});

/** The same order of fewer axes: without those of one element, and what stays side by side as one. */
function mergeAxes(shape: readonly number[], perm: readonly number[]): Order {
  const groups: number[][] = [];
  const kept = shape.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  for (const axis of perm.filter((axis) => shape[axis] !== 1)) {
    const before = groups.at(-1)?.at(-1);
    if (before !== undefined && kept.indexOf(axis) === kept.indexOf(before) + 1) groups.at(-1)!.push(axis);
    else groups.push([axis]);
  }
  const sorted = groups.toSorted(([a], [b]) => a! - b!);
  return {
    shape: sorted.map((axes) => product(axes.map((axis) => shape[axis]!))),
    perm: groups.map((axes) => sorted.indexOf(axes)),
  };
}

/** Whether an order moves but one axis, or leaves the last where it is. */
function isFast(perm: readonly number[]): boolean {
  if (perm.at(-1) === perm.length - 1) return true;
  return perm.some((axis) => {
    const others = perm.filter((other) => other !== axis);
    return others.every((other, i) => i === 0 || other > others[i - 1]!);
  });
}
