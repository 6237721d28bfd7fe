import * as tf from '@tensorflow/tfjs-core';
import { parseInput, type NodeDef } from './graph-def.js';
import type { Item } from './tensor-list.js';

/** Which input of a Merge is that of a condition's true side. */
export interface Choice {
  /** What the Switches of the branch read as their condition. */
  readonly condition: string;
  readonly whenTrue: 0 | 1;
}

/** The condition that a Merge of two inputs joins the sides of: behind one input lies one side alone, behind the other the other. */
export function choiceOf({ inputs }: NodeDef, nodes: ReadonlyMap<string, NodeDef>): Choice | undefined {
  if (inputs.length !== 2) return undefined;
  const [first, second] = inputs.map((input) => sidesBehind(input, nodes)) as [Sides, Sides];
  for (const [condition, sides] of first) {
    const others = second.get(condition);
    if (sides.size !== 1 || others?.size !== 1) continue;
    const [side] = sides;
    if (!others.has(side!)) return { condition, whenTrue: side === 1 ? 0 : 1 };
  }
  return undefined;
}

/** The sides, 0 for false and 1 for true, by condition. */
type Sides = Map<string, Set<number>>;

function sidesBehind(input: string, nodes: ReadonlyMap<string, NodeDef>): Sides {
  const sides: Sides = new Map();
  const seen = new Set<string>();
  const stack = [input];
  while (stack.length > 0) {
    const current = stack.pop()!;
    if (seen.has(current)) continue;
    seen.add(current);
    const { node: name, index } = parseInput(current);
    const node = nodes.get(name);
    // What comes round in a loop has come in before.
    if (!node || node.op === 'NextIteration') continue;
    if (node.op === 'Switch') {
      const condition = node.inputs[1]!;
      sides.set(condition, (sides.get(condition) ?? new Set()).add(index));
    }
    stack.push(...node.inputs, ...node.controls);
  }
  return sides;
}

/**
 * The Switch on one side of which alone a node lies, so that it is not always there: no Merge on the way to it joins the
 * sides of that condition.
 *
 * @param undecided the conditions that only the data decide
 */
export function openSwitch(
  name: string,
  nodes: ReadonlyMap<string, NodeDef>,
  undecided: ReadonlySet<string>,
): NodeDef | undefined {
  const seen = new Set<string>();
  const stack = [{ name, closed: new Set<string>() }];
  while (stack.length > 0) {
    const { name, closed } = stack.pop()!;
    const node = nodes.get(name);
    const key = [name, ...closed].join('|');
    if (!node || seen.has(key)) continue;
    seen.add(key);
    if (node.op === 'Switch' && undecided.has(node.inputs[1]!) && !closed.has(node.inputs[1]!)) return node;
    const choice = node.op === 'Merge' ? choiceOf(node, nodes) : undefined;
    const joined = choice ? new Set([...closed, choice.condition].sort()) : closed;
    for (const input of [...node.inputs, ...node.controls])
      stack.push({ name: parseInput(input).node, closed: joined });
  }
  return undefined;
}

/**
 * The item of the side that a condition takes, both sides having been worked out.
 *
 * @throws Error where they cannot stand for each other in a graph
 */
export function choose(node: NodeDef, condition: tf.Tensor, taken: Item, other: Item): Item {
  if (taken === other) return taken;
  const described = (item: Item) =>
    item instanceof tf.Tensor ? `${item.dtype} [${item.shape.join(', ')}]` : 'a list of tensors';
  const [a, b] = [described(taken), described(other)];
  if (!(taken instanceof tf.Tensor) || !(other instanceof tf.Tensor) || a !== b)
    throw new Error(
      `The node ${node.name} (${node.op}) joins the sides of a branch that only the data decide, ${a} and ${b}: these have to be tensors of one type and shape.`,
    );
  return tf.where(tf.cast(condition, 'bool'), taken, other);
}
