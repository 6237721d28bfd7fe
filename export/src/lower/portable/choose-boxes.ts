import type { Node, Value } from '../../graph/graph.js';
import { type Suppression } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { isFixed, product } from '../../graph/sizes.js';

/** Each choice of the soft form is some twenty nodes. */
const MOST_SOFT_CHOICES = 200;

/**
 * Greedy choice of boxes as tfjs has it.
 *
 * @throws Error where the limit follows the batch, or where a soft choice would be too long to write out
 */
export function chooseBoxes(node: Node, [boxes, scores]: Value[]): Value[] {
  const limits = node.sizes['limit']!;
  if (!isFixed(limits)) {
    throw new Error(
      'The number of boxes of a non-maximum suppression follows the batch, and tfjs takes the smaller of it and ' +
        'maxOutputSize: a graph cannot tell which it was. Give the boxes a fixed number.',
    );
  }
  const how = node.attrs as unknown as Suppression;
  const limit = limits[0]![0]!;
  if (limit === 0) {
    return node.outputs.map(({ dtype, shape }) =>
      g.constant(dtype, shape, new Array<number>(product(shape)).fill(0), limits.length),
    );
  }
  return how.softNmsSigma > 0 ? soft(boxes!, scores!, limit, how) : hard(boxes!, scores!, limit, how);
}

/**
 * ONNX's own operator, whose order and ties are tfjs's. It drops boxes that overlap by more than its threshold, tfjs
 * those that overlap by as much: the threshold is moved down to the number before.
 */
function hard(boxes: Value, scores: Value, limit: number, how: Suppression): Value[] {
  const witnesses = boxes.shapes.length;
  const iouThreshold = Math.fround(how.iouThreshold);
  // Every overlap is at least 0, that of boxes that do not meet too.
  const choices = how.iouThreshold === 0 ? Math.min(limit, 1) : limit;
  const batchOfOne = (v: Value, ones: number) =>
    g.reshape(
      v,
      v.shapes.map((s) => [...new Array<number>(ones).fill(1), ...s]),
    );
  const selected = g.emit(
    'NonMaxSuppression',
    [
      batchOfOne(boxes, 1),
      batchOfOne(scores, 2),
      g.constant('int64', [1], [choices], witnesses),
      g.constant('float32', [1], [iouThreshold === 0 ? 0 : floatBelow(iouThreshold)], witnesses),
      g.constant('float32', [1], [atMost(how.scoreThreshold)], witnesses),
    ],
    // As many as there may be: how many there are is only known when it runs.
    { dtype: 'int64', shapes: g.repeat([limit, 3], witnesses) },
  );
  const indices = g.gather(selected, g.constant('int64', [], [2], witnesses), 1);
  const count = g.emit('Shape', [indices], { dtype: 'int64', shapes: g.repeat([1], witnesses) });
  const filled = (v: Value) =>
    g.slice(
      g.concat([v, g.constant(v.dtype, [limit], new Array<number>(limit).fill(0), witnesses)], 0),
      g.repeat([0], witnesses),
      g.repeat([limit], witnesses),
    );
  return [
    filled(g.cast(indices, 'int32')),
    filled(g.gather(scores, indices, 0)),
    g.reshape(g.cast(count, 'int32'), g.repeat([], witnesses)),
  ];
}

/**
 * Soft suppression (Bodla et al., arXiv 1704.04503), written out: every box that is chosen lowers the scores of those
 * that it overlaps. tfjs lowers a score only when its turn comes, so one below 0, which a weight raises, keeps its place.
 */
function soft(boxes: Value, scores: Value, limit: number, how: Suppression): Value[] {
  if (limit > MOST_SOFT_CHOICES) {
    throw new Error(
      `A soft non-maximum suppression of up to ${limit} boxes is longer than a graph should be: ask for at most ` +
        `${MOST_SOFT_CHOICES} (maxOutputSize), or set softNmsSigma to 0.`,
    );
  }
  const witnesses = boxes.shapes.length;
  const float = (value: number) => g.constant('float32', [], [value], witnesses);
  const never = float(-Infinity);
  const sides = g.transpose(boxes, [1, 0]);
  const [first, second] = g.split(sides, g.repeat([2, 2], witnesses), 0) as [Value, Value];
  const lower = g.binary('Min', first, second);
  const upper = g.binary('Max', first, second);
  const area = g.reduce('ReduceProd', g.sub(upper, lower), [0], false);
  const threshold = float(atMost(how.scoreThreshold));
  const original = g.where(g.compare('Greater', scores, threshold), scores, never);

  let current = original;
  const choices: { index: Value; score: Value; valid: Value }[] = [];
  for (let k = 0; k < limit; k++) {
    const rank = g.binary('Min', current, original);
    const best = g.emit(
      'ArgMax',
      [rank],
      { dtype: 'int64', shapes: g.repeat([1], witnesses) },
      { axis: 0, keepdims: 1 },
    );
    const at = (v: Value) => g.gather(v, best, v.rank - 1);
    choices.push({ index: best, score: at(current), valid: g.compare('Greater', at(rank), threshold) });

    const extent = g.sub(g.binary('Min', upper, at(upper)), g.binary('Max', lower, at(lower)));
    const overlap = g.reduce('ReduceProd', g.unary('Relu', extent), [0], false);
    // Two boxes without area share nothing: not 0 / 0.
    const union = g.binary('Max', g.sub(g.add(area, at(area)), overlap), float(SMALLEST));
    const iou = g.div(overlap, union);
    // A weight of 0 would turn -Infinity into NaN.
    const exponent = g.binary(
      'Max',
      g.mul(g.mul(iou, iou), float(-0.5 / how.softNmsSigma)),
      float(LOWEST_EXPONENT),
    );
    const lowered = g.mul(current, g.unary('Exp', exponent));
    const left = g.where(g.compare('GreaterOrEqual', iou, float(how.iouThreshold)), never, lowered);
    current = g.emit('ScatterElements', [left, best, g.reshape(never, g.repeat([1], witnesses))], left, {
      axis: 0,
    });
  }
  const all = (part: 'index' | 'score' | 'valid') =>
    g.concat(
      choices.map((choice) => choice[part]),
      0,
    );
  const valid = all('valid');
  return [
    g.where(valid, g.cast(all('index'), 'int32'), g.constant('int32', [], [0], witnesses)),
    g.where(valid, all('score'), float(0)),
    g.reduce('ReduceSum', g.cast(valid, 'int32'), [0], false),
  ];
}

/** The smallest normal float32, and the exponent whose power of e it nearly is. */
const SMALLEST = 2 ** -126;
const LOWEST_EXPONENT = -87;

/** The float32 just below another one. */
function floatBelow(value: number): number {
  if (value === 0) return -(2 ** -149);
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  bits[0]! += value > 0 ? -1 : 1;
  return new Float32Array(bits.buffer)[0]!;
}

/** The largest float32 that is no larger than a number: float32 scores exceed the one where they exceed the other. */
function atMost(value: number): number {
  const rounded = Math.fround(value);
  return rounded <= value ? rounded : floatBelow(rounded);
}
