import { outputIndex, parseInput, type NodeDef } from './graph-def.js';

/** A graph with what is looked up in it again and again. */
export interface Plan {
  readonly nodes: ReadonlyMap<string, NodeDef>;
  readonly order: readonly NodeDef[];
  readonly readers: ReadonlyMap<string, readonly NodeDef[]>;
  /** How many of a node's outputs are read. */
  readonly counts: ReadonlyMap<string, number>;
}

export function makePlan(nodes: ReadonlyMap<string, NodeDef>, outputs: readonly string[]): Plan {
  const needed = new Set<string>();
  const stack = [...outputs];
  const counts = new Map<string, number>();
  const readers = new Map<string, NodeDef[]>();
  while (stack.length > 0) {
    const name = stack.pop()!;
    const node = nodes.get(name);
    if (needed.has(name)) continue;
    needed.add(name);
    if (!node) continue;
    for (const input of node.inputs) {
      const from = parseInput(input).node;
      counts.set(from, Math.max(counts.get(from) ?? 1, outputIndex(input, nodes.get(from)?.op ?? '') + 1));
    }
    for (const from of new Set([...node.inputs.map((input) => parseInput(input).node), ...node.controls])) {
      const list = readers.get(from);
      if (list) list.push(node);
      else readers.set(from, [node]);
      stack.push(from);
    }
  }
  return { nodes, order: [...nodes.values()].filter(({ name }) => needed.has(name)), readers, counts };
}
