import { backend_util, type RotateWithOffsetAttrs } from '@tensorflow/tfjs-core';
import * as g from '../../graph/ops.js';
import { input, type Rules } from './rule.js';

/** What tfjs paints the fourth channel with, which is how opaque a pixel is. */
const OPAQUE = 255;

export const imageMoves: Rules = {
  FlipLeftRight: (inputs) => g.reverse(input(inputs, 'image'), [2]),
  RotateWithOffset: (inputs, { radians, fillValue, center }: RotateWithOffsetAttrs) => {
    const images = input(inputs, 'image');
    const [n, height, width, channels] = images.shape as [number, number, number, number];
    const from = rotated(height, width, radians, center);
    const pixels = g.gather(
      g.reshape(images, [[n, height * width, channels]]),
      g.constant(
        'int32',
        [height * width],
        from.map((at) => Math.max(at, 0)),
      ),
      1,
    );
    const inside = g.constant(
      'bool',
      [height * width, 1],
      from.map((at) => (at < 0 ? 0 : 1)),
    );
    const fill = Array.from({ length: channels }, (_, channel) =>
      typeof fillValue === 'number' ? fillValue : channel === 3 ? OPAQUE : fillValue[channel]!,
    );
    return g.reshape(g.where(inside, pixels, g.constant(images.dtype, [channels], fill)), [images.shape]);
  },
};

/** Which pixel of the image stands at each place of the rotated one, row by row; -1 for none. */
function rotated(
  height: number,
  width: number,
  radians: number,
  center: RotateWithOffsetAttrs['center'],
): number[] {
  const [centerX, centerY] = backend_util.getImageCenter(center, height, width);
  const [sin, cos] = [Math.sin(radians), Math.cos(radians)];
  return Array.from({ length: height * width }, (_, place) => {
    const [dx, dy] = [(place % width) - centerX, Math.floor(place / width) - centerY];
    const x = Math.round(dx * cos - dy * sin + centerX);
    const y = Math.round(dx * sin + dy * cos + centerY);
    return x >= 0 && x < width && y >= 0 && y < height ? y * width + x : -1;
  });
}
