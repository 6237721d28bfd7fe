import type * as tf from '@tensorflow/tfjs-core';

/** A TensorFlow list of tensors, which lives here while the graph is laid out and in no graph. */
export class TensorList {
  constructor(readonly items: readonly (tf.Tensor | undefined)[]) {}

  with(index: number, item: tf.Tensor): TensorList {
    const items = [...this.items];
    while (items.length < index) items.push(undefined);
    items[index] = item;
    return new TensorList(items);
  }
}

/** A TensorArray of the first version of TensorFlow: a handle that is written through. */
export class TensorArray {
  list: TensorList;

  constructor(size: number) {
    this.list = new TensorList(new Array<undefined>(size).fill(undefined));
  }
}

/** What an edge of the graph carries. */
export type Item = tf.Tensor | TensorList | TensorArray;
