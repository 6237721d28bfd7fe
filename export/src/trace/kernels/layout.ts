import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';

/** tfjs computes channels-last, ONNX channels-first; the layout pass later removes what cancels. */
export const toChannelsFirst = (x: Value): Value => g.transpose(x, [0, 3, 1, 2]);
export const toChannelsLast = (x: Value): Value => g.transpose(x, [0, 2, 3, 1]);

/** tfjs filters are [kh, kw, in, out], ONNX's [out, in, kh, kw]. */
export const toOnnxFilter = (w: Value): Value => g.transpose(w, [3, 2, 0, 1]);
export const toTfjsFilter = (w: Value): Value => g.transpose(w, [2, 3, 1, 0]);
