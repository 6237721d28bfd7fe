import type { Graph, Value } from '../../export/src/graph/graph.js';

/**
 * The part of a graph that a kernel became, by itself: its inputs are what it reads of other kernels, its outputs what
 * they read of it. Undefined where nothing is left of the kernel.
 */
export function partOf(kernel: string, graph: Graph): Graph | undefined {
  const nodes = graph.nodes.filter(({ source }) => source?.kernel === kernel);
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const readElsewhere = new Set([
    ...graph.nodes.filter((node) => !nodes.includes(node)).flatMap(({ inputs }) => inputs),
    ...graph.outputs.map(({ value }) => value),
  ]);
  const inputs = [...read].filter((value) => !made.has(value) && !value.data);
  const outputs = [...made].filter((value) => readElsewhere.has(value));
  const name = (value: Value, i: number, kind: string) => (value.name ??= `${kind}_${i}`);
  inputs.forEach((value, i) => name(value, i, 'read'));
  return nodes.length === 0
    ? undefined
    : { inputs, outputs: outputs.map((value, i) => ({ name: name(value, i, 'made'), value })), nodes };
}
