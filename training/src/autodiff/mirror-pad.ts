import * as tf from '@tensorflow/tfjs';
import { fromInputs, type GradConfig } from './corrected-gradient.js';

interface MirrorPadAttrs {
  paddings: readonly (readonly [number, number])[];
  mode: 'reflect' | 'symmetric';
}

/** A part of a tensor along one axis. */
const part = (x: tf.Tensor, axis: number, start: number, length: number) =>
  tf.slice(
    x,
    x.shape.map((_, i) => (i === axis ? start : 0)),
    x.shape.map((d, i) => (i === axis ? length : d)),
  );

/** The adjoint of padding one axis: what the padding mirrored is folded back onto where it came from. */
function fold(
  dy: tf.Tensor,
  axis: number,
  [before, after]: readonly [number, number],
  edge: 0 | 1,
): tf.Tensor {
  const size = dy.shape[axis]! - before - after;
  const place = (z: tf.Tensor, start: number) =>
    tf.pad(
      z,
      z.shape.map((d, i): [number, number] => (i === axis ? [start, size - start - d] : [0, 0])),
    );
  let dx = part(dy, axis, before, size);
  if (before > 0) dx = tf.add(dx, place(tf.reverse(part(dy, axis, 0, before), axis), edge));
  if (after > 0)
    dx = tf.add(dx, place(tf.reverse(part(dy, axis, before + size, after), axis), size - after - edge));
  return dx;
}

/** MirrorPad: the stock gradient is that of padding with a constant, which is wrong where the edge is mirrored. */
export const mirrorPads: readonly GradConfig[] = [
  fromInputs<'x', MirrorPadAttrs>(tf.MirrorPad, ['x'], (dy, _, { paddings, mode }) => ({
    x: () => paddings.reduce((dx, pads, axis) => fold(dx, axis, pads, mode === 'reflect' ? 1 : 0), dy),
  })),
];
