import type { Value } from '../../graph/graph.js';
import { conv, imageWindowOf, type ImageWindow } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { isFixed, mapSizes } from '../../graph/sizes.js';
import type { LoweringRule } from '../lower.js';
import { fits, fromBlocked, toBlocked } from './blocked.js';

/** One axis of a phase: the taps that reach it, of the whole filter the `first` and every second after, and its padding. */
interface Phase {
  readonly first: number;
  readonly before: number;
  readonly after: number;
}

/**
 * The gradient of a convolution with stride 2 with respect to its input, which is also a transposed convolution: the
 * pixels of even and of odd rows and columns are four images, each a convolution with the taps that reach it. ONNX
 * Runtime's ConvTranspose has no blocked form and takes more than twice as long.
 */
export const convInputGradient =
  (block: number): LoweringRule =>
  (node, [dy, w]) => {
    const { kernel, strides, pads, dilations, group } = imageWindowOf(node.attrs);
    const { output } = node;
    const size = output.shape.slice(2);
    const isCovered =
      strides.every((s) => s === 2) &&
      dilations.every((d) => d === 1) &&
      group === 1 &&
      size.every((n) => n % 2 === 0) &&
      [dy!, output].every((v) => fits(v, block)) &&
      isFixed(w!.shapes);
    if (!isCovered) return undefined;
    const phases = [0, 1].map((axis) =>
      [0, 1].map((at) => phaseOf(at, kernel[axis]!, pads[axis]!, size[axis]!, dy!.shape[2 + axis]!)),
    );
    if (phases.flat().some((phase) => !phase)) return undefined;
    const [rows, columns] = phases as [Phase[], Phase[]];
    const swapped = g.transpose(w!, [1, 0, 2, 3]);
    const image = (row: Phase, column: Phase): Value => {
      const taps = g.slice(
        swapped,
        mapSizes(swapped.shapes, () => [0, 0, row.first, column.first]),
        mapSizes(swapped.shapes, (s) => [...s]),
        [1, 1, 2, 2],
      );
      const window: ImageWindow = {
        kernel: [taps.shape[2]!, taps.shape[3]!],
        strides: [1, 1],
        pads: [row.before, column.before, row.after, column.after],
        dilations: [1, 1],
        group: 1,
      };
      return toBlocked(conv(dy!, g.reverse(taps, [2, 3]), window));
    };
    // A pixel is `block` numbers side by side: columns take turns by pixels, rows by whole rows.
    const half = size[1]! / 2;
    const lines = rows.map((row) =>
      beside(
        columns.map((column) => image(row, column)),
        block,
      ),
    );
    const blocked = g.reshape(beside(lines, 2 * half * block), output.shapes);
    return [fromBlocked(blocked)];
  };

/** Tensors laid into each other: `length` numbers of the first, as many of the next, and so on. */
const beside = (tensors: readonly Value[], length: number): Value =>
  g.concat(
    tensors.map((v) =>
      g.reshape(
        v,
        mapSizes(v.shapes, (s) => [s.reduce((product, n) => product * n, 1) / length, length]),
      ),
    ),
    1,
  );

/** What reaches the pixels 2 m + at of an axis; undefined where a convolution's padding cannot say it. */
function phaseOf(
  at: number,
  kernel: number,
  pad: number,
  size: number,
  positions: number,
): Phase | undefined {
  const first = (at + pad) % 2;
  const taps = Math.ceil((kernel - first) / 2);
  const shift = (at + pad - first) / 2;
  const before = taps - 1 - shift;
  const after = size / 2 + shift - positions;
  return taps > 0 && before >= 0 && after >= 0 ? { first, before, after } : undefined;
}
