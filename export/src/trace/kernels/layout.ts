import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';

const spatialAxes = ({ rank }: Value): number[] => Array.from({ length: rank - 2 }, (_, i) => i);

/** tfjs computes channels-last, ONNX channels-first; the layout pass later removes what cancels. */
export const toChannelsFirst = (x: Value): Value =>
  g.transpose(x, [0, x.rank - 1, ...spatialAxes(x).map((axis) => axis + 1)]);
export const toChannelsLast = (x: Value): Value =>
  g.transpose(x, [0, ...spatialAxes(x).map((axis) => axis + 2), 1]);

/** A shape [n, ...size, channels] as [n, channels, ...size]. */
export const channelsFirst = (shape: readonly number[]): number[] => [
  shape[0]!,
  shape.at(-1)!,
  ...shape.slice(1, -1),
];

/** tfjs filters are [...kernel, in, out], ONNX's [out, in, ...kernel]. */
export const toOnnxFilter = (w: Value): Value => g.transpose(w, [w.rank - 1, w.rank - 2, ...spatialAxes(w)]);
export const toTfjsFilter = (w: Value): Value =>
  g.transpose(w, [...spatialAxes(w).map((axis) => axis + 2), 1, 0]);

/** The shape of a tfjs filter as ONNX has it. */
export const onnxFilterShape = (shape: readonly number[]): number[] => [
  shape.at(-1)!,
  shape.at(-2)!,
  ...shape.slice(0, -2),
];
