import * as tf from '@tensorflow/tfjs-core';
import { Value } from '../graph/graph.js';
import { recordingBackend } from '../trace/backend.js';
import { whileLoop } from '../trace/control-flow.js';
import type { NodeDef } from './graph-def.js';
import { lengthOf, stackedIfFilled, stackedLike } from './list-state.js';
import { arraysAmong, described, isList, pack } from './packed.js';
import { StackedList, TensorArray, TensorList, type Item, type List } from './tensor-list.js';

export interface LoopParts {
  condition(state: readonly Item[]): tf.Tensor;
  body(state: readonly Item[]): readonly Item[];
  /** Which of the state the body leaves as it is. */
  readonly kept: readonly boolean[];
  /** What the body may read beside the state. */
  readonly reached?: Iterable<Item | undefined>;
}

/**
 * Runs a loop whose condition is only known when the model runs: its body is recorded once. Lists of tensors, and
 * arrays that the body writes, are part of the state as one tensor each.
 *
 * @returns the state after the loop
 * @throws Error naming the node, where the body changes a shape or type, or makes a list longer
 */
export function loop(
  node: Pick<NodeDef, 'name' | 'op'>,
  initial: readonly Item[],
  { condition, body, kept, reached = [] }: LoopParts,
): Item[] {
  const arrays = arraysAmong([...initial, ...reached]);
  const items = initial.map((item) => (isList(item) ? stackedIfFilled(item) : item));
  for (const array of arrays) array.list = stackedIfFilled(array.list);
  const varying = items.flatMap((item, i) => (kept[i] || item instanceof TensorArray ? [] : [i]));

  /** Puts a state in place, and gives all that the loop's own functions take. */
  const enter = (state: readonly Item[], written: readonly TensorArray[]): Item[] => {
    written.forEach((array, i) => (array.list = state[varying.length + i] as List));
    const all = [...items];
    varying.forEach((at, i) => (all[at] = state[i]!));
    return all;
  };
  const round = (state: readonly Item[], written: readonly TensorArray[]): Item[] => {
    const next = body(enter(state, written));
    return [...varying.map((at) => next[at]!), ...written.map(({ list }) => list)];
  };
  const start = (written: readonly TensorArray[]) => [
    ...varying.map((at) => items[at]!),
    ...written.map(({ list }) => list),
  ];

  // A round on values that nothing is known of, whose nodes nobody reads: which arrays are written, and with what.
  const before = arrays.map(({ list }) => list);
  const opaque = start(arrays).map(unknownLike);
  const probed = round(opaque, arrays);
  const written = arrays.filter((_, i) => probed[varying.length + i] !== opaque[varying.length + i]);
  const after = [...probed.slice(0, varying.length), ...written.map(({ list }) => list)];
  arrays.forEach((array, i) => (array.list = before[i]!));

  const state = start(written).map((item, i) => {
    checkRound(node, item, after[i]!);
    return isList(item) && isList(after[i]) ? filledLike(item, after[i]) : item;
  });
  const packed = pack(state);
  const made = whileLoop(
    (tensors) => condition(enter(packed.unpack(tensors), written)),
    (tensors) => {
      const next = round(packed.unpack(tensors), written);
      next.forEach((item, i) => checkRound(node, state[i]!, item));
      return pack(next).tensors;
    },
    packed.tensors,
  );
  return enter(packed.unpack(made), written);
}

function unknownLike(item: Item): Item {
  if (item instanceof tf.Tensor) return unknownTensor(item);
  return item instanceof StackedList ? new StackedList(unknownTensor(item.tensor)) : item;
}

function unknownTensor(tensor: tf.Tensor): tf.Tensor {
  const backend = recordingBackend();
  const { dtype, shape } = backend.graphValue(tensor);
  return tf.engine().makeTensorFromTensorInfo(backend.tensorInfo(new Value(dtype, [shape])));
}

/** A list without elements, with zeros of the shape of those that it is given. */
function filledLike(list: List, given: List): List {
  const filled = stackedIfFilled(given);
  if (list instanceof StackedList || !(filled instanceof StackedList)) return list;
  const [, ...shape] = filled.tensor.shape;
  return stackedLike(list, tf.zeros(shape, filled.tensor.dtype as 'float32'));
}

/** A list may get its first elements in a round; nothing else may change. */
function checkRound({ name, op }: Pick<NodeDef, 'name' | 'op'>, item: Item, next: Item): void {
  const unknown = 'and how many rounds there are is only known when the model runs';
  if (isList(item) && isList(next) && lengthOf(item) !== lengthOf(next))
    throw new Error(
      `The node ${name} (${op}) turns a list of ${lengthOf(item)} tensors into one of ${lengthOf(next)} in each round, ` +
        `${unknown}: a list has to stay as long as it is.`,
    );
  const filled = isList(item) && isList(next) && item instanceof TensorList;
  if (!filled && described(item) !== described(next))
    throw new Error(
      `The node ${name} (${op}) turns ${described(item)} into ${described(next)} in each round, ${unknown}: shape and ` +
        'type have to stay as they are.',
    );
}
