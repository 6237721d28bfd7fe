import type * as tf from '@tensorflow/tfjs-core';
import { unchanged, type FunctionDef, type NodeDef } from './graph-def.js';
import { branch } from './branch.js';
import { isKnown } from './known.js';
import { loop } from './loop.js';
import type { Item } from './tensor-list.js';

type Call = (name: string, args: readonly Item[]) => Item[];
type Functions = ReadonlyMap<string, FunctionDef>;

/** What a node that calls functions of the graph gives; undefined for any other node. */
export function callOf(
  node: NodeDef,
  items: readonly Item[],
  functions: Functions,
  call: Call,
): Item[] | undefined {
  switch (node.op) {
    case 'PartitionedCall':
    case 'StatefulPartitionedCall':
      return call(functionName(node, 'f'), items);
    case 'If':
    case 'StatelessIf': {
      const [condition, ...args] = items as [tf.Tensor, ...Item[]];
      const [then, otherwise] = [functionName(node, 'then_branch'), functionName(node, 'else_branch')];
      if (isKnown(condition)) return call(condition.dataSync()[0] ? then : otherwise, args);
      return branch(node, condition, args, [() => call(then, args), () => call(otherwise, args)]);
    }
    case 'While':
    case 'StatelessWhile': {
      const [cond, body] = [functionName(node, 'cond'), functionName(node, 'body')];
      const condition = (values: readonly Item[]) => call(cond, values)[0] as tf.Tensor;
      for (let values = [...items]; ; values = call(body, values)) {
        const goesOn = condition(values);
        if (!isKnown(goesOn)) {
          const kept = unchanged(functions.get(body)!);
          return loop(node, values, { condition, body: (state) => call(body, state), kept });
        }
        if (!goesOn.dataSync()[0]) return values;
      }
    }
    default:
      return undefined;
  }
}

function functionName({ name, op, attr }: NodeDef, key: string): string {
  const called = attr[key]?.func?.name;
  if (typeof called !== 'string')
    throw new Error(`The node ${name} (${op}) does not say which function it calls (${key}).`);
  return called;
}
