import type * as tf from '@tensorflow/tfjs-core';
import { ifElse } from '../trace/control-flow.js';
import type { NodeDef } from './graph-def.js';
import { arraysAmong, described, pack, type Packed } from './packed.js';
import type { Item } from './tensor-list.js';

/**
 * What one or the other side gives, as a condition says that is only known when the model runs.
 *
 * @param reached what the sides may read: arrays of tensors among it, which the sides may write, are looked after
 * @throws Error naming the node, where the sides give other shapes or types
 */
export function branch(
  { name, op }: Pick<NodeDef, 'name' | 'op'>,
  condition: tf.Tensor,
  reached: Iterable<Item | undefined>,
  sides: readonly [() => Item[], () => Item[]],
): Item[] {
  const arrays = arraysAmong(reached);
  const before = arrays.map(({ list }) => list);
  const given: { items: Item[]; packed: Packed }[] = [];
  const record = (side: () => Item[]) => {
    arrays.forEach((array, i) => (array.list = before[i]!));
    const items = [...side(), ...arrays.map(({ list }) => list)];
    given.push({ items, packed: pack(items) });
    return given.at(-1)!.packed.tensors;
  };
  const made = ifElse(
    condition,
    () => record(sides[0]),
    () => {
      const tensors = record(sides[1]);
      const [a, b] = given as [(typeof given)[0], (typeof given)[0]];
      const different = a.items.findIndex((item, i) => described(item) !== described(b.items[i]!));
      if (different >= 0)
        throw new Error(
          `The node ${name} (${op}) gives ${described(a.items[different]!)} or ${described(b.items[different]!)}, and ` +
            'which is only known when the model runs: both have to be of one shape and type.',
        );
      return tensors;
    },
  );
  const items = given[0]!.packed.unpack(made);
  const count = items.length - arrays.length;
  arrays.forEach((array, i) => (array.list = items[count + i] as typeof array.list));
  return items.slice(0, count);
}
