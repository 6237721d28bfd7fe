import * as tf from '@tensorflow/tfjs-core';
import { StackedList, TensorList, type List } from './tensor-list.js';

export const lengthOf = (list: List): number =>
  list instanceof StackedList ? list.length : list.items.length;

/** The elements one by one. */
export const unstacked = (list: List): TensorList =>
  list instanceof StackedList ? new TensorList(list.length === 0 ? [] : tf.unstack(list.tensor)) : list;

/**
 * A list as one tensor, with zeros where it has no element; a list as it is where it has none at all.
 *
 * @throws Error where elements differ in shape or type
 */
export function stackedIfFilled(list: List): List {
  if (list instanceof StackedList) return list;
  const some = list.items.find((item) => item !== undefined);
  return some ? stackedLike(list, some) : list;
}

/** A list as one tensor, with zeros of an element's shape where it has none. */
export function stackedLike(list: List, { shape, dtype }: tf.Tensor): StackedList {
  if (list instanceof StackedList) return list;
  const other = list.items.find((item) => item && !(sameShape(item.shape, shape) && item.dtype === dtype));
  if (other)
    throw new Error(
      `its list of tensors holds ${text(other)} and ${text({ shape, dtype })}, but is read or written where only the ` +
        'data tell: its elements have to be of one shape and type.',
    );
  const blank = tf.zeros(shape, dtype as 'float32');
  if (list.items.some((item) => item))
    return new StackedList(tf.stack(list.items.map((item) => item ?? blank)));
  return new StackedList(tf.zeros([list.items.length, ...shape], dtype as 'float32'));
}

/** The element at an index that the data tell. */
export function elementAt(list: List, index: tf.Tensor): tf.Tensor {
  const stacked = stackedIfFilled(list);
  if (!(stacked instanceof StackedList))
    throw new Error('it reads an element of a list that holds none, at an index that only the data tell.');
  return tf.gather(stacked.tensor, tf.reshape(tf.cast(index, 'int32'), []) as tf.Scalar, 0);
}

/** The list with an element at an index that the data tell. */
export function withElement(list: List, index: tf.Tensor, element: tf.Tensor): StackedList {
  if (lengthOf(list) === 0)
    throw new Error(
      'it writes into a list that grows, at an index that only the data tell: how long a list is has to be known.',
    );
  const { tensor } = stackedLike(list, element);
  const at = tf.reshape(tf.cast(index, 'int32'), [1, 1]);
  return new StackedList(tf.tensorScatterUpdate(tensor, at, tf.expandDims(element, 0)));
}

const sameShape = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((d, i) => d === b[i]);

const text = ({ shape, dtype }: Pick<tf.Tensor, 'shape' | 'dtype'>) => `${dtype} [${shape.join(', ')}]`;
