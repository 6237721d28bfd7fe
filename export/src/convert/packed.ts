import * as tf from '@tensorflow/tfjs-core';
import { lengthOf, stackedIfFilled } from './list-state.js';
import { StackedList, TensorArray, TensorList, type Item } from './tensor-list.js';

/** Items as the tensors that they are made of, as branches and loops carry them. */
export interface Packed {
  readonly tensors: Readonly<Record<string, tf.Tensor>>;
  /** Puts items of the same kinds together from tensors. */
  unpack(tensors: Readonly<Record<string, tf.Tensor>>): Item[];
}

/** Not a number alone, which an object would put before all other keys. */
const key = (i: number) => `item_${i}`;

/** A list becomes one tensor, if it has any elements. */
export function pack(items: readonly Item[]): Packed {
  const settled = items.map((item) => (isList(item) ? stackedIfFilled(item) : item));
  const tensors: Record<string, tf.Tensor> = {};
  settled.forEach((item, i) => {
    if (item instanceof tf.Tensor) tensors[key(i)] = item;
    else if (item instanceof StackedList) tensors[key(i)] = item.tensor;
  });
  return {
    tensors,
    unpack: (made) =>
      settled.map((item, i) => {
        if (item instanceof tf.Tensor) return made[key(i)]!;
        return item instanceof StackedList ? new StackedList(made[key(i)]!) : item;
      }),
  };
}

export const isList = (item: Item | undefined): item is TensorList | StackedList =>
  item instanceof TensorList || item instanceof StackedList;

/** What an item is, for comparison and for messages. */
export function described(item: Item): string {
  if (item instanceof tf.Tensor) return `${item.dtype} [${item.shape.join(', ')}]`;
  if (item instanceof TensorArray) return 'an array of tensors';
  const some = item instanceof StackedList ? item.tensor : item.items.find((element) => element);
  const shape = item instanceof StackedList ? item.tensor.shape.slice(1) : some?.shape;
  return `a list of ${lengthOf(item)} tensors${some ? ` ${some.dtype} [${shape!.join(', ')}]` : ''}`;
}

/** The arrays among items, each once. */
export const arraysAmong = (items: Iterable<Item | undefined>): TensorArray[] => [
  ...new Set([...items].filter((item) => item instanceof TensorArray)),
];
