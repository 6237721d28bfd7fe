import type { Graph, Node, Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { mapSizes, permute, product, sameSizes, type Sizes } from '../graph/sizes.js';
import { ELEMENTWISE } from './elementwise.js';
import { matchGroups } from './layout.js';
import { rewrite } from './rewrite.js';

/**
 * Moves a Reshape that adds or drops axes of size 1, or joins or splits the leading axes, behind elementwise operators,
 * and any of indices behind what they gather, until it meets its inverse.
 */
export function sinkReshapes(graph: Graph): Graph {
  return rewrite(graph, (node, inputs) => {
    if (ELEMENTWISE.has(node.op)) return sink(node, inputs);
    return node.op === 'Gather' ? sinkBehindGather(node, inputs) : undefined;
  });
}

/** Of what is gathered in rows of indices, such as words of sentences, the rows may be apart as well as joined. */
function sinkBehindGather(node: Node, [x, indices]: readonly Value[]): Value[] | undefined {
  const source = sourceOf(indices!);
  return source && [g.reshape(g.gather(x!, source, node.attrs['axis'] as number), node.output.shapes)];
}

const sourceOf = (value: Value): Value | undefined =>
  value.producer?.op === 'Reshape' ? value.producer.inputs[0] : undefined;

function sink(node: Node, inputs: readonly Value[]): Value[] | undefined {
  const { dtype, shapes } = node.output;
  for (const lead of inputs) {
    const source = sourceOf(lead);
    if (!source || !sameSizes(lead.shapes, shapes)) continue;
    const groups = groupsOf(source.shapes, shapes);
    const moved = groups && inputs.map((v) => before(v, groups, source.shapes, shapes));
    if (moved?.every((v) => v !== undefined))
      return [g.reshape(g.emit(node.op, moved, { dtype, shapes: source.shapes }, node.attrs), shapes)];
  }
  return undefined;
}

interface Group {
  readonly inAxes: readonly number[];
  readonly outAxes: readonly number[];
  /** The one axis on either side that is not 1, where the group only adds or drops axes of size 1. */
  readonly same?: { readonly inAxis: number; readonly outAxis: number };
}

/** The axes that a reshape takes apart or joins; undefined where it does so with others than the leading ones. */
function groupsOf(from: Sizes, to: Sizes): Group[] | undefined {
  if (from[0]!.length === 0 || to[0]!.length === 0) return undefined;
  const groups = matchGroups(from, to)?.map(({ inAxes, outAxes }): Group => {
    const wide = (sizes: Sizes, axes: readonly number[]) =>
      axes.filter((axis) => sizes.some((s) => s[axis] !== 1));
    const [ins, outs] = [wide(from, inAxes), wide(to, outAxes)];
    const narrow = ins.length <= 1 && outs.length <= 1;
    return {
      inAxes,
      outAxes,
      ...(narrow && { same: { inAxis: ins[0] ?? inAxes[0]!, outAxis: outs[0] ?? outAxes[0]! } }),
    };
  });
  return groups?.every(({ same }, i) => same || i === 0) ? groups : undefined;
}

/** An operand as it has to be before the reshape, if that needs no new node. */
function before(value: Value, groups: readonly Group[], from: Sizes, to: Sizes): Value | undefined {
  if (value.rank === 0) return value;
  const source = sourceOf(value);
  if (source && sameSizes(source.shapes, from) && sameSizes(value.shapes, to)) return source;
  const rank = to[0]!.length;
  const full = mapSizes(value.shapes, (s) => [...new Array<number>(rank - s.length).fill(1), ...s]);
  const shapes = from.map((s) => s.map(() => 1));
  for (const { inAxes, outAxes, same } of groups) {
    if (full.every((s) => product(permute(s, outAxes)) === 1)) continue;
    const whole = full.every((s, w) => outAxes.every((axis) => s[axis] === to[w]![axis]));
    if (same) full.forEach((s, w) => (shapes[w]![same.inAxis] = s[same.outAxis]!));
    else if (whole) inAxes.forEach((axis) => shapes.forEach((s, w) => (s[axis] = from[w]![axis]!)));
    else return undefined;
  }
  const needed = withoutLeadingOnes(shapes);
  if (value.data || source) return g.reshape(value, needed);
  const isThere = value.rank <= from[0]!.length && sameSizes(withoutLeadingOnes(value.shapes), needed);
  return isThere ? value : undefined;
}

/** Axes of size 1 at the front are there by themselves. */
function withoutLeadingOnes(sizes: Sizes): Sizes {
  const ones = sizes[0]!.findIndex((_, axis) => sizes.some((s) => s[axis] !== 1));
  return mapSizes(sizes, (s) => (ones < 0 ? [] : s.slice(ones)));
}
