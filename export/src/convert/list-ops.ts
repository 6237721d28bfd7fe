import * as tf from '@tensorflow/tfjs-core';
import type { NodeDef } from './graph-def.js';
import { isKnown, known } from './known.js';
import { elementAt, lengthOf, unstacked, withElement } from './list-state.js';
import { StackedList, TensorArray, TensorList, type Item, type List } from './tensor-list.js';

/** Runs an op on what it reads. */
export type HostOp = (node: NodeDef, items: readonly Item[]) => (Item | undefined)[];

const tensor = (item: Item | undefined, what: string): tf.Tensor => {
  if (!(item instanceof tf.Tensor)) throw new Error(`it reads no tensor as its ${what}.`);
  return item;
};

const anyList = (item: Item | undefined): List => {
  if (item instanceof TensorArray) return item.list;
  if (item instanceof TensorList || item instanceof StackedList) return item;
  throw new Error('it reads no list of tensors.');
};

const list = (item: Item | undefined): TensorList => unstacked(anyList(item));

const array = (item: Item | undefined): TensorArray => {
  if (item instanceof TensorArray) return item;
  throw new Error('it reads no array of tensors.');
};

const numbers = (item: Item | undefined, node: NodeDef): number[] =>
  Array.from(known(tensor(item, 'index'), node));

const number = (item: Item | undefined, node: NodeDef): number => numbers(item, node)[0]!;

const unknownSize = (d: number) => d < 0;

/** The shape of elements: as an operand says, where it does in full, else that of an element. */
function elementShape({ items }: TensorList, operand: Item | undefined, node: NodeDef): number[] {
  const said = operand ? numbers(operand, node) : undefined;
  const some = items.find((item) => item !== undefined);
  if (said && !said.some(unknownSize) && (said.length > 0 || !some || some.rank === 0)) return said;
  if (!some) throw new Error('it reads an element of a list that holds none, and whose shape is not known.');
  return [...some.shape];
}

function all(of: TensorList, shape: number[], dtype: tf.DataType): tf.Tensor[] {
  return of.items.map((item) => item ?? tf.zeros(shape, dtype as 'float32'));
}

const typeOf = ({ items }: TensorList): tf.DataType =>
  items.find((item) => item !== undefined)?.dtype ?? 'float32';

function stack(of: TensorList, shape: number[]): tf.Tensor {
  if (of.items.length === 0) return tf.zeros([0, ...shape]);
  return tf.stack(all(of, shape, typeOf(of)));
}

function get(of: TensorList, index: number, shape: () => number[]): tf.Tensor {
  if (index < 0 || index >= of.items.length)
    throw new Error(`it reads element ${index} of a list of ${of.items.length}.`);
  const item = of.items[index];
  return item ? item.clone() : tf.zeros(shape(), typeOf(of) as 'float32');
}

/** The element at an index, which the data may tell. */
function read(
  item: Item | undefined,
  at: Item | undefined,
  shape: Item | undefined,
  node: NodeDef,
): tf.Tensor {
  const [of, index] = [anyList(item), tensor(at, 'index')];
  if (of instanceof StackedList || !isKnown(index)) return elementAt(of, index);
  return get(of, number(index, node), () => elementShape(of, shape, node));
}

/** The list with an element at an index, which the data may tell. */
function write(item: Item | undefined, at: Item | undefined, value: Item | undefined, node: NodeDef): List {
  const [of, index, element] = [anyList(item), tensor(at, 'index'), tensor(value, 'element')];
  if (of instanceof StackedList || !isKnown(index)) return withElement(of, index, element);
  return of.with(number(index, node), element);
}

/** All elements along a new first axis. */
function stackAll(item: Item | undefined, shape: Item | undefined, node: NodeDef): tf.Tensor {
  const of = anyList(item);
  return of instanceof StackedList ? of.tensor.clone() : stack(of, elementShape(of, shape, node));
}

const pick = (of: TensorList, indices: readonly number[]) => new TensorList(indices.map((i) => of.items[i]));

function scatter(value: tf.Tensor, indices: readonly number[], into: TensorList): TensorList {
  return tf.unstack(value).reduce((result, item, i) => result.with(indices[i]!, item), into);
}

function split(value: tf.Tensor, lengths: number[]): TensorList {
  return new TensorList(tf.split(value, lengths, 0));
}

const blank = (size: number) => new TensorList(new Array<undefined>(Math.max(0, size)).fill(undefined));
const flow = () => tf.scalar(0);
const count = (of: List) => tf.scalar(lengthOf(of), 'int32');

/** The ops of lists and arrays of tensors. */
export const LIST_OPS: Readonly<Record<string, HostOp>> = {
  EmptyTensorList: () => [blank(0)],
  TensorListReserve: (node, [, size]) => [blank(number(size, node))],
  TensorListFromTensor: (_, [value]) => [new TensorList(tf.unstack(tensor(value, 'value')))],
  TensorListStack: (node, [handle, shape]) => [stackAll(handle, shape, node)],
  TensorListGetItem: (node, [handle, index, shape]) => [read(handle, index, shape, node)],
  TensorListSetItem: (node, [handle, index, value]) => [write(handle, index, value, node)],
  TensorListGather: (node, [handle, indices, shape]) => [
    stack(pick(list(handle), numbers(indices, node)), elementShape(list(handle), shape, node)),
  ],
  TensorListScatter: (node, [value, indices]) => [
    scatter(tensor(value, 'value'), numbers(indices, node), blank(0)),
  ],
  TensorListScatterV2: (node, [value, indices, , size]) => [
    scatter(tensor(value, 'value'), numbers(indices, node), blank(number(size, node))),
  ],
  TensorListConcat: (_, [handle]) => [tf.concat(list(handle).items as tf.Tensor[])],
  TensorListConcatV2: (_, [handle]) => [tf.concat(list(handle).items as tf.Tensor[])],
  TensorListPushBack: (_, [handle, value]) => [
    list(handle).with(list(handle).items.length, tensor(value, 'element')),
  ],
  TensorListPopBack: (node, [handle, shape]) => {
    const { items } = list(handle);
    return [
      new TensorList(items.slice(0, -1)),
      get(list(handle), items.length - 1, () => elementShape(list(handle), shape, node)),
    ];
  },
  TensorListSplit: (node, [value, , lengths]) => [split(tensor(value, 'value'), numbers(lengths, node))],
  TensorListLength: (_, [handle]) => [count(anyList(handle))],
  TensorListResize: (node, [handle, size]) => [
    pick(
      list(handle),
      Array.from({ length: number(size, node) }, (_x, i) => i),
    ),
  ],
  TensorArrayV3: (node, [size]) => [new TensorArray(number(size, node)), flow()],
  TensorArrayWriteV3: (node, [handle, index, value]) => {
    array(handle).list = write(handle, index, value, node);
    return [flow()];
  },
  TensorArrayReadV3: (node, [handle, index]) => [read(handle, index, undefined, node)],
  TensorArrayGatherV3: (node, [handle, indices]) => [
    stack(pick(list(handle), numbers(indices, node)), elementShape(list(handle), undefined, node)),
  ],
  TensorArrayScatterV3: (node, [handle, indices, value]) => {
    array(handle).list = scatter(tensor(value, 'value'), numbers(indices, node), list(handle));
    return [flow()];
  },
  TensorArrayConcatV3: (_, [handle]) => [
    tf.concat(list(handle).items as tf.Tensor[]),
    tf.tensor1d(
      list(handle).items.map((item) => item?.shape[0] ?? 0),
      'int32',
    ),
  ],
  TensorArraySplitV3: (node, [handle, value, lengths]) => {
    array(handle).list = split(tensor(value, 'value'), numbers(lengths, node));
    return [flow()];
  },
  TensorArraySizeV3: (_, [handle]) => [count(anyList(handle))],
  TensorArrayCloseV3: () => [],
};
