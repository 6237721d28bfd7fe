import type { Value } from '../../graph/graph.js';
import { convFilterGradient, type ImageWindow } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { mapSizes } from '../../graph/sizes.js';

/**
 * The filter's gradient with each image cut into `strips` of rows that count as images of their own: the same sum over the same
 * products, of a batch that is so many times as large.
 */
export function foldRows(
  x: Value,
  dy: Value,
  window: ImageWindow,
  w: readonly number[],
  strips: number,
): Value {
  const {
    kernel: [kernel],
    strides: [stride],
    pads: [top, left, bottom, right],
  } = window;
  const [height, rows] = [x.shape[2]!, dy.shape[2]!];
  const each = Math.ceil(rows / strips);
  const missing = each * strips - rows;
  // What the rows of zeros after dY's last see is not counted, and need not be there before.
  const seen = (each * strips - 1) * stride + kernel;
  const below = Math.max(bottom, seen - top - height);
  const padded = pad(x, [0, 0, top, left, 0, 0, below, right]);
  const whole = missing > 0 ? pad(dy, [0, 0, 0, 0, 0, 0, missing, 0]) : dy;
  const stripsOf = (image: Value, step: number, size: number) =>
    g.concat(
      Array.from({ length: strips }, (_, i) => rowsOf(image, i * step, i * step + size)),
      0,
    );
  return convFilterGradient(
    stripsOf(padded, each * stride, (each - 1) * stride + kernel),
    stripsOf(whole, each, each),
    { ...window, pads: [0, 0, 0, 0] },
    w,
  );
}

const pad = (image: Value, pads: number[]): Value =>
  g.pad(
    image,
    mapSizes(image.shapes, () => pads),
  );

const rowsOf = (image: Value, from: number, to: number): Value =>
  g.slice(
    image,
    mapSizes(image.shapes, () => [0, 0, from, 0]),
    mapSizes(image.shapes, ([n, c, , w]) => [n!, c!, to, w!]),
  );
