import * as tf from '@tensorflow/tfjs-core';
import { withLargestSize } from '../graph/data-dependent-size.js';
import { nonZeroIndices, rangeOf } from '../trace/data-dependent.js';
import type { NodeDef } from './graph-def.js';
import { known } from './known.js';
import { LIST_OPS, type HostOp } from './list-ops.js';
import type { Item } from './tensor-list.js';

const number = (item: Item | undefined, node: NodeDef) => known(item as tf.Tensor, node)[0]!;

/** The operands of a non-maximum suppression, by tfjs's names. */
const suppression = (node: NodeDef, items: readonly Item[]) => ({
  boxes: items[0] as tf.Tensor2D,
  scores: items[1] as tf.Tensor1D,
  maxOutputSize: number(items[2], node),
  iouThreshold: number(items[3], node),
  scoreThreshold: items[4] ? number(items[4], node) : Number.NEGATIVE_INFINITY,
});

/**
 * tfjs's op would take the smaller of maxOutputSize and the number of boxes, which may be known only when the model
 * runs; its kernel needs no such thing.
 */
const suppress = (
  kernel: string,
  node: NodeDef,
  items: readonly Item[],
  more: Record<string, number> = {},
): tf.Tensor | tf.Tensor[] => {
  const { boxes, scores, ...attrs } = suppression(node, items);
  // What is left to the most boxes that there may be is often filled up.
  return withLargestSize(attrs.maxOutputSize, () =>
    tf.engine().runKernel(kernel, { boxes, scores }, { ...attrs, ...more }),
  );
};

const hard: HostOp = (node, items) => [suppress('NonMaxSuppressionV3', node, items) as tf.Tensor];

/** Ops that TensorFlow.js runs only where values can be waited for, in forms that it runs at once. */
export const HOST_OPS: Readonly<Record<string, HostOp>> = {
  ...LIST_OPS,
  Where: (_, [condition]) => [nonZeroIndices(tf.cast(condition as tf.Tensor, 'bool'))],
  Range: (_, [start, stop, step]) => [rangeOf(start as tf.Scalar, stop as tf.Scalar, step as tf.Scalar)],
  NonMaxSuppressionV2: hard,
  NonMaxSuppressionV3: hard,
  NonMaxSuppressionV4: (node, items) => {
    const { boxes, scores, maxOutputSize, iouThreshold, scoreThreshold } = suppression(node, items);
    const padded = node.attr['pad_to_max_output_size']?.b === true;
    const { selectedIndices, validOutputs } = tf.image.nonMaxSuppressionPadded(
      boxes,
      scores,
      maxOutputSize,
      iouThreshold,
      scoreThreshold,
      padded,
    );
    return [selectedIndices!, validOutputs!];
  },
  NonMaxSuppressionV5: (node, items) => {
    const softNmsSigma = number(items[5], node);
    const [indices, scores] = suppress('NonMaxSuppressionV5', node, items, { softNmsSigma }) as tf.Tensor[];
    return [indices!, scores!, tf.scalar(indices!.shape[0]!, 'int32')];
  },
};
