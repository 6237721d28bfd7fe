import { Value, topological, type Node } from '../../graph/graph.js';
import type { Suppression } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { isFixed, type Sizes } from '../../graph/sizes.js';

/**
 * Greedy choice of boxes as tfjs has it.
 *
 * @throws Error where the limit follows a symbolic size
 */
export function chooseBoxes(node: Node, [boxes, scores]: Value[]): Value[] {
  const limits = node.sizes['limit']!;
  if (!isFixed(limits)) {
    throw new Error(
      `${node.source?.kernel ?? node.op} is given a symbolic number of boxes, and tfjs takes the smaller of it and ` +
        'maxOutputSize, so that a graph cannot tell which it was: give the boxes a fixed number.',
    );
  }
  const how = node.attrs as unknown as Suppression;
  const limit = limits[0]![0]!;
  const choose = how.softNmsSigma > 0 && limit > 0 ? soft : hard;
  return choose(boxes!, scores!, limit, node.output.shapes, how);
}

/**
 * ONNX's own operator, whose order and ties are tfjs's. It drops boxes that overlap by more than its threshold, tfjs
 * those that overlap by as much: the threshold is moved down to the number before.
 */
function hard(boxes: Value, scores: Value, limit: number, found: Sizes, how: Suppression): Value[] {
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
    { dtype: 'int64', shapes: found.map(([k]) => [k!, 3]) },
  );
  const indices = g.gather(selected, g.constant('int64', [], [2], witnesses), 1);
  return [g.cast(indices, 'int32'), g.gather(scores, indices, 0)];
}

/**
 * Soft suppression (Bodla et al., arXiv 1704.04503): every box that is chosen lowers the scores of those that it
 * overlaps. tfjs lowers a score only when its turn comes, so one below 0, which a weight raises, keeps its place. A loop,
 * one box each time, in float64 as in JavaScript.
 */
function soft(boxes: Value, scores: Value, limit: number, found: Sizes, how: Suppression): Value[] {
  const witnesses = boxes.shapes.length;
  const pair = g.repeat([2, 2], witnesses);
  const [first, second] = g.split(g.transpose(g.cast(boxes, 'float64'), [1, 0]), pair, 0) as [Value, Value];
  const original = masked(g.cast(scores, 'float64'), how);
  const state = [original];
  const captures = [original, g.binary('Min', first, second), g.binary('Max', first, second)];

  const formal = (dtype: Value['dtype'], shapes: Sizes, name: string) => {
    const value = new Value(dtype, shapes);
    value.name = name;
    return value;
  };
  const scalars = g.repeat([], witnesses);
  const inputs = [
    formal('int64', scalars, 'iteration'),
    formal('bool', scalars, 'goes_on'),
    ...[...state, ...captures].map(({ dtype, shapes }, i) =>
      formal(dtype, shapes, ['scores', 'original', 'lower', 'upper'][i]!),
    ),
  ];
  const [, , current, ...outer] = inputs as [Value, Value, Value, Value, Value, Value];
  const { index, score, lowered } = chooseOne(current, outer as [Value, Value, Value], how);
  const outputs = { goes_on: anyLeft(lowered, outer[0]!), lowered, index, score };
  const body = {
    inputs,
    outputs: Object.entries(outputs).map(([name, value]) => ({ name, value })),
    nodes: topological(Object.values(outputs)),
  };
  const [, indices, chosen] = g.emitMany(
    'Loop',
    [g.constant('int64', [], [limit], witnesses), anyLeft(original, original), ...state, ...captures],
    [original, { dtype: 'int32', shapes: found }, { dtype: 'float32', shapes: found }],
    { captures: captures.length },
    {},
    { body },
  );
  return [indices!, chosen!];
}

const double = (value: number, like: Value): Value => g.scalar(value, like, 'float64');

/** Scores of boxes that may be chosen, and -Infinity for others. */
const masked = (scores: Value, { scoreThreshold }: Suppression): Value =>
  g.where(g.compare('Greater', scores, double(scoreThreshold, scores)), scores, double(-Infinity, scores));

/** The order in which boxes have their turn. */
const ranked = (current: Value, original: Value): Value => g.binary('Min', current, original);

const anyLeft = (current: Value, original: Value): Value =>
  g.compare(
    'Greater',
    g.reduce('ReduceMax', ranked(current, original), [0], false),
    double(-Infinity, current),
  );

/** The best box, and the scores that it leaves. */
function chooseOne(current: Value, [original, lower, upper]: [Value, Value, Value], how: Suppression) {
  const one = g.repeat([1], current.shapes.length);
  const best = g.reshape(g.argReduce('ArgMax', ranked(current, original), 0), one);
  const at = (v: Value) => g.gather(v, best, v.rank - 1);
  const score = at(current);

  const area = areaOf(g.sub(upper, lower));
  const overlap = areaOf(
    g.unary('Relu', g.sub(g.binary('Min', upper, at(upper)), g.binary('Max', lower, at(lower)))),
  );
  // Boxes without area share nothing: not 0 / 0.
  const union = g.binary('Max', g.sub(g.add(area, at(area)), overlap), double(2 ** -1022, current));
  const iou = g.div(overlap, union);
  const exponent = g.mul(g.mul(double(-0.5 / how.softNmsSigma, current), iou), iou);
  const weighted = masked(g.mul(current, g.unary('Exp', exponent)), how);
  const never = double(-Infinity, current);
  const left = g.where(g.compare('GreaterOrEqual', iou, double(how.iouThreshold, current)), never, weighted);
  const lowered = g.emit('ScatterElements', [left, best, g.reshape(never, one)], left, { axis: 0 });
  const scalar = (v: Value, dtype: 'int32' | 'float32') =>
    g.cast(g.reshape(v, g.repeat([], v.shapes.length)), dtype);
  return { index: scalar(best, 'int32'), score: scalar(score, 'float32'), lowered };
}

/** Height times width of [2, n]. */
function areaOf(extent: Value): Value {
  const [height, width] = g.split(extent, g.repeat([1, 1], extent.shapes.length), 0) as [Value, Value];
  return g.reshape(
    g.mul(height, width),
    extent.shapes.map((s) => [s[1]!]),
  );
}

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
