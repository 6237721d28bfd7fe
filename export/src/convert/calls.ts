import type * as tf from '@tensorflow/tfjs-core';
import type { NodeDef } from './graph-def.js';
import { known } from './known.js';
import type { Item } from './tensor-list.js';

type Call = (name: string, args: readonly Item[]) => Item[];

/** What a node that calls functions of the graph gives; undefined for any other node. */
export function callOf(node: NodeDef, items: readonly Item[], call: Call): Item[] | undefined {
  switch (node.op) {
    case 'PartitionedCall':
    case 'StatefulPartitionedCall':
      return call(functionName(node, 'f'), items);
    case 'If':
    case 'StatelessIf': {
      const taken = known(items[0] as tf.Tensor, node)[0];
      return call(functionName(node, taken ? 'then_branch' : 'else_branch'), items.slice(1));
    }
    case 'While':
    case 'StatelessWhile': {
      const [cond, body] = [functionName(node, 'cond'), functionName(node, 'body')];
      let values = [...items];
      while (known(call(cond, values)[0] as tf.Tensor, node)[0]) values = call(body, values);
      return values;
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
