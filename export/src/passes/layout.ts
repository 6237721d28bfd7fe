import type { Graph, Node, Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import {
  inversePermutation,
  isIdentityPermutation,
  mapSizes,
  permute,
  product,
  sameSizes,
  type Sizes,
} from '../graph/sizes.js';
import type { Source } from '../graph/source.js';
import { ELEMENTWISE } from './elementwise.js';
import { rewrite } from './rewrite.js';

/**
 * Moves each Transpose behind the operators that do not care about the order of axes, until it meets its inverse. A
 * network written channels-last, whose every convolution stands between two transposes, becomes channels-first.
 */
export function sinkTransposes(graph: Graph): Graph {
  return rewrite(graph, (node, inputs) => {
    const rule = RULES[node.op] ?? (ELEMENTWISE.has(node.op) ? elementwise : undefined);
    const moved = rule?.(node, inputs);
    const { source } = inputs.find(transposed)?.producer ?? node;
    return moved?.map((value) => comingFrom(source, value));
  });
}

/** A transpose that was moved, which comes from where it came from, and not from what it was moved behind. */
function comingFrom(source: Source | undefined, value: Value): Value {
  const { op, inputs, attrs } = value.producer ?? {};
  if (op !== 'Transpose') return value;
  const { perm, ...rest } = attrs!;
  return g.withSource(source, () => g.transpose(inputs![0]!, perm as readonly number[], rest));
}

interface Transposed {
  /** The value before the transpose. */
  readonly source: Value;
  readonly perm: readonly number[];
}

function transposed(value: Value): Transposed | undefined {
  const node = value.producer;
  return node?.op === 'Transpose'
    ? { source: node.inputs[0]!, perm: node.attrs['perm'] as readonly number[] }
    : undefined;
}

type Rule = (node: Node, inputs: readonly Value[]) => Value[] | undefined;

/** The rule for a node of one operand that matters, its first. */
const forFirst =
  (rule: (node: Node, x: Transposed, inputs: readonly Value[]) => Value[] | undefined): Rule =>
  (node, inputs) => {
    const x = transposed(inputs[0]!);
    return x && rule(node, x, inputs);
  };

/** `value`, broadcast beside tensors of `perm.length` axes, as it has to be before the transpose `perm`. */
function before(value: Value, perm: readonly number[]): Value {
  if (value.rank === 0) return value;
  const same = transposed(value);
  if (same && same.perm.length === perm.length && same.perm.every((p, i) => p === perm[i]))
    return same.source;
  const ones = new Array<number>(perm.length - value.rank).fill(1);
  const full = g.reshape(
    value,
    mapSizes(value.shapes, (s) => [...ones, ...s]),
  );
  return g.transpose(full, inversePermutation(perm), { [LIFTED]: true });
}

/**
 * Marks a transpose that was put on an operand so that another one could move on. It does not start a move itself,
 * or two operands in different layouts would take turns for ever.
 */
const LIFTED = 'lifted';

/** The transpose that is worth moving behind an operator of several operands. */
function leading(inputs: readonly Value[], isLarge: (v: Value) => boolean): Transposed | undefined {
  const large = inputs.filter(isLarge);
  const candidates = large.filter(transposed);
  const bare = large.filter((v) => !transposed(v) && !isSpread(v));
  const lead =
    candidates.find((v) => !v.producer!.attrs[LIFTED]) ??
    (candidates.length > bare.length ? candidates[0] : undefined);
  return lead && transposed(lead);
}

/** A few numbers, spread: as good in one layout as in the other. */
const isSpread = (v: Value): boolean => v.data !== undefined || v.producer?.op === 'Expand';

const elementwise: Rule = (node, inputs) => {
  // Only a transpose of something as large as the result is worth moving.
  const lead = leading(inputs, (v) => sameSizes(v.shapes, node.output.shapes));
  if (!lead) return undefined;
  const { perm } = lead;
  const moved = g.emit(
    node.op,
    inputs.map((v) => before(v, perm)),
    {
      dtype: node.output.dtype,
      shapes: mapSizes(node.output.shapes, (s) => permute(s, inversePermutation(perm))),
    },
    node.attrs,
  );
  return [g.transpose(moved, perm)];
};

const reduction: Rule = forFirst((node, { source, perm }) => {
  const axes = (node.attrs['axes'] as readonly number[]).map((axis) => perm[axis]!);
  const keepDims = node.attrs['keepdims'] === 1;
  const reduced = g.reduce(node.op, source, axes, keepDims);
  if (keepDims) return [g.transpose(reduced, perm)];
  const left = perm.filter((p) => !axes.includes(p));
  const ranks = [...left].sort((a, b) => a - b);
  return [
    g.transpose(
      reduced,
      left.map((p) => ranks.indexOf(p)),
    ),
  ];
});

/** Operands that list every axis, put back into the order before the transpose. */
const unpermuted = (sizes: Sizes, perm: readonly number[]): Sizes =>
  mapSizes(sizes, (s) => permute(s, inversePermutation(perm)));

const RULES: Readonly<Record<string, Rule>> = {
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  ReduceProd: reduction,

  Concat: (node, inputs) => {
    const perm = leading(inputs, () => true)?.perm;
    if (!perm) return undefined;
    const parts = inputs.map((v) => before(v, perm));
    return [g.transpose(g.concat(parts, perm[node.attrs['axis'] as number]!), perm)];
  },

  Split: forFirst((node, { source, perm }) =>
    g
      .split(source, node.sizes['split']!, perm[node.attrs['axis'] as number]!)
      .map((part) => g.transpose(part, perm)),
  ),

  Slice: forFirst((node, { source, perm }) => {
    const { starts, ends } = node.sizes;
    const steps = permute(node.attrs['steps'] as readonly number[], inversePermutation(perm));
    return [g.transpose(g.slice(source, unpermuted(starts!, perm), unpermuted(ends!, perm), steps), perm)];
  }),

  Pad: forFirst((node, { source, perm }) => {
    const half = perm.length;
    const pads = mapSizes(node.sizes['pads']!, (p) => [
      ...permute(p.slice(0, half), inversePermutation(perm)),
      ...permute(p.slice(half), inversePermutation(perm)),
    ]);
    const { value, mode } = node.attrs as { value: number; mode: string };
    return [g.transpose(g.pad(source, pads, value, mode), perm)];
  }),

  Tile: forFirst((node, { source, perm }) => [
    g.transpose(g.tile(source, unpermuted(node.sizes['repeats']!, perm)), perm),
  ]),

  Expand: forFirst((node, { source, perm }) =>
    node.output.rank === perm.length
      ? [g.transpose(g.expand(source, unpermuted(node.output.shapes, perm)), perm)]
      : undefined,
  ),

  Transpose: forFirst((node, { source, perm }) => [
    g.transpose(
      source,
      (node.attrs['perm'] as readonly number[]).map((p) => perm[p]!),
    ),
  ]),

  Reshape: forFirst((node, { source, perm }, inputs) => reshapeFirst(inputs[0]!, node.output, source, perm)),
};

/**
 * reshape(transpose(source)) as transpose(reshape(source)), where every group of axes that the reshape merges or
 * splits stands together, in the same order, in `source` as well.
 */
function reshapeFirst(from: Value, to: Value, source: Value, perm: readonly number[]): Value[] | undefined {
  const groups = matchGroups(from.shapes, to.shapes);
  if (!groups) return undefined;
  const moved: { at: number; outAxes: number[] }[] = [];
  for (const { inAxes, outAxes } of groups) {
    const sourceAxes = inAxes.map((axis) => perm[axis]!);
    if (sourceAxes.some((axis, i) => i > 0 && axis !== sourceAxes[i - 1]! + 1)) return undefined;
    moved.push({ at: sourceAxes[0]!, outAxes });
  }
  const inSourceOrder = [...moved].sort((a, b) => a.at - b.at).flatMap(({ outAxes }) => outAxes);
  const reshaped = g.reshape(
    source,
    mapSizes(to.shapes, (s) => permute(s, inSourceOrder)),
  );
  const outPerm = inversePermutation(inSourceOrder);
  return isIdentityPermutation(outPerm) ? [reshaped] : [g.transpose(reshaped, outPerm)];
}

interface AxisGroup {
  readonly inAxes: number[];
  readonly outAxes: number[];
}

/** The finest groups of neighbouring axes whose sizes multiply to the same number before and after a reshape. */
export function matchGroups(from: Sizes, to: Sizes): AxisGroup[] | undefined {
  const groups: AxisGroup[] = [];
  const fromRank = from[0]!.length;
  const toRank = to[0]!.length;
  let i = 0;
  let o = 0;
  while (i < fromRank || o < toRank) {
    const inAxes: number[] = [];
    const outAxes: number[] = [];
    const size = (sizes: Sizes, axes: number[]) => sizes.map((s) => product(permute(s, axes)));
    if (i < fromRank) inAxes.push(i++);
    if (o < toRank) outAxes.push(o++);
    for (;;) {
      const a = size(from, inAxes);
      const b = size(to, outAxes);
      if (a.every((n, w) => n === b[w])) break;
      // The side that is smaller at the first witness takes in its next axis.
      if (a[0]! <= b[0]! && i < fromRank) inAxes.push(i++);
      else if (o < toRank) outAxes.push(o++);
      else if (i < fromRank) inAxes.push(i++);
      else return undefined;
    }
    // An axis of size 1 that only one side has goes with its neighbour.
    const last = groups[groups.length - 1];
    if (inAxes.length === 0 || outAxes.length === 0) {
      if (!last) return undefined;
      last.inAxes.push(...inAxes);
      last.outAxes.push(...outAxes);
    } else groups.push({ inAxes, outAxes });
  }
  return groups;
}
