import type { Value } from '../../graph/graph.js';
import { imageWindowOf } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { isFixed, mapSizes } from '../../graph/sizes.js';
import type { LoweringRule } from '../lower.js';
import { emitBlocked, fits, fromBlocked, toBlocked, windowAttributes } from './blocked.js';

/**
 * A convolution as ONNX Runtime's blocked one. Its input is blocked too unless it has fewer channels than a block;
 * output channels that do not fill a block are filled up with zeros and left out afterwards.
 */
export const conv =
  (block: number): LoweringRule =>
  (node, [x, w, bias]) => {
    const window = imageWindowOf(node.attrs);
    const [outputs, inputs] = w!.shape as [number, number];
    const blockedInput = fits(x!, block);
    const narrowInput = inputs < block && isFixed(x!.shapes);
    if (window.group !== 1 || !(blockedInput || narrowInput)) return undefined;
    const missing = (block - (outputs % block)) % block;
    const filled = fillUp(w!, missing);
    const operands = [
      blockedInput ? toBlocked(x!) : x!,
      blockedInput ? blockBoth(filled, block) : blockOutputs(filled, block),
      ...(bias ? [fillUp(bias, missing)] : []),
    ];
    const shapes = mapSizes(node.output.shapes, ([n, o, height, width]) => [
      n!,
      o! + missing,
      height!,
      width!,
    ]);
    return [fromBlocked(emitBlocked('Conv', operands, shapes, windowAttributes(window)), outputs)];
  };

/** Zeros after the first axis. */
const fillUp = (v: Value, missing: number): Value =>
  g.pad(
    v,
    mapSizes(v.shapes, (s) => [...s.map(() => 0), missing, ...s.slice(1).map(() => 0)]),
  );

const reordered = (w: Value, apart: number[], perm: number[]): Value =>
  g.reshape(
    g.transpose(
      g.reshape(
        w,
        mapSizes(w.shapes, () => apart),
      ),
      perm,
    ),
    w.shapes,
  );

/** [O / block, I / block, kh, kw, block of I, block of O]. */
function blockBoth(w: Value, block: number): Value {
  const [o, i, kh, kw] = w.shape as [number, number, number, number];
  return reordered(w, [o / block, block, i / block, block, kh, kw], [0, 2, 4, 5, 3, 1]);
}

/** [O / block, I, kh, kw, block of O]. */
function blockOutputs(w: Value, block: number): Value {
  const [o, i, kh, kw] = w.shape as [number, number, number, number];
  return reordered(w, [o / block, block, i, kh, kw], [0, 2, 3, 4, 1]);
}
