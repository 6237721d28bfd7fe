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

/** A list whose elements stand in one tensor [length, ...element], as where they are read and written by the data. */
export class StackedList {
  constructor(readonly tensor: tf.Tensor) {}

  get length(): number {
    return this.tensor.shape[0]!;
  }
}

export type List = TensorList | StackedList;

/** A TensorArray of the first version of TensorFlow: a handle that is written through. */
export class TensorArray {
  list: List;

  constructor(size: number) {
    this.list = new TensorList(new Array<undefined>(size).fill(undefined));
  }
}

/** What an edge of the graph carries. */
export type Item = tf.Tensor | List | TensorArray;
