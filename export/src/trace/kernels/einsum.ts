import { backend_util, type EinsumAttrs } from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { product } from '../../graph/sizes.js';
import type { Rules } from './rule.js';

/** A tensor and the label of each of its axes. */
interface Labelled {
  readonly value: Value;
  readonly labels: readonly number[];
}

/** The axes in the order of `labels`, which are its own in another order. */
const arrange = ({ value, labels: own }: Labelled, labels: readonly number[]): Value =>
  g.transpose(
    value,
    labels.map((label) => own.indexOf(label)),
  );

/** Sums over the axes that `keep` does not name. */
function sumOut({ value, labels }: Labelled, keep: readonly number[]): Labelled {
  const axes = labels.flatMap((label, axis) => (keep.includes(label) ? [] : [axis]));
  return {
    value: g.reduce('ReduceSum', value, axes, false),
    labels: labels.filter((label) => keep.includes(label)),
  };
}

/** The sum of products as a batched matrix product: [shared, rows, summed] times [shared, summed, columns]. */
function contract(a: Labelled, b: Labelled, out: readonly number[]): Labelled {
  const left = sumOut(a, [...b.labels, ...out]);
  const right = sumOut(b, [...a.labels, ...out]);
  const both = left.labels.filter((label) => right.labels.includes(label));
  const shared = both.filter((label) => out.includes(label));
  const summed = both.filter((label) => !out.includes(label));
  const rows = left.labels.filter((label) => !both.includes(label));
  const columns = right.labels.filter((label) => !both.includes(label));

  const size = ({ value, labels }: Labelled, wanted: readonly number[]) =>
    wanted.map((label) => value.shape[labels.indexOf(label)]!);
  const matrix = (side: Labelled, first: readonly number[], second: readonly number[]) =>
    g.reshape(arrange(side, [...shared, ...first, ...second]), [
      [...size(side, shared), product(size(side, first)), product(size(side, second))],
    ]);
  return {
    value: g.reshape(g.matMul(matrix(left, rows, summed), matrix(right, summed, columns)), [
      [...size(left, shared), ...size(left, rows), ...size(right, columns)],
    ]),
    labels: [...shared, ...rows, ...columns],
  };
}

export const einsums: Rules = {
  // Not ONNX's Einsum: a matrix product runs on every provider, and passes see through it.
  Einsum: (inputs, { equation }: EinsumAttrs) => {
    const values = Object.values(inputs);
    const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(equation, values.length);
    backend_util.checkEinsumDimSizes(
      allDims.length,
      idDims,
      values.map(({ shape }) => ({ shape: [...shape] })) as never,
    );
    const out = allDims.map((_, label) => label).filter((label) => !summedDims.includes(label));
    const [a, b] = values.map((value, i) => ({ value, labels: idDims[i]! }));
    return arrange(b ? contract(a!, b, out) : sumOut(a!, out), out);
  },
};
