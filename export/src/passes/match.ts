import { countUses, type Graph, type Node, type Value } from '../graph/graph.js';

/** What an operator reads, if it is one of that kind. */
export const operandsOf = (value: Value | undefined, op: string): readonly Value[] =>
  value?.producer?.op === op ? value.producer.inputs : [];

/** The number that a constant of one element holds. */
export const numberOf = (value: Value | undefined): number | undefined =>
  value?.data?.length === 1 ? Number(value.data[0]) : undefined;

/** Whether a value is a number, but for float32's rounding. */
export const isNumber = (value: Value | undefined, number: number): boolean =>
  Math.abs((numberOf(value) ?? NaN) - number) <= 1e-6 * Math.abs(number);

/** Whether only the operators named read what they make, but for what leaves them: whether they may become one operator. */
export function closedNodes(graph: Graph): (nodes: readonly Node[], exits: readonly Value[]) => boolean {
  const uses = countUses(graph);
  return (nodes, exits) => {
    const inside = new Map<Value, number>();
    for (const { inputs } of new Set(nodes))
      for (const input of inputs) inside.set(input, (inside.get(input) ?? 0) + 1);
    return nodes.every(({ outputs }) =>
      outputs.every((v) => exits.includes(v) || (uses.get(v) ?? 0) === (inside.get(v) ?? 0)),
    );
  };
}
