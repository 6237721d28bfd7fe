import type { Attribute, Value } from '../../graph/graph.js';
import type { ImageWindow } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { isFixed, mapSizes } from '../../graph/sizes.js';

/**
 * ONNX Runtime's own layout for its CPU kernels: `block` channels side by side, [N, C / block, H, W, block]. Its
 * operators call such a tensor [N, C, H, W] all the same, and so do we: what tells them apart is the ReorderInput and
 * the ReorderOutput between them.
 */
const DOMAIN = 'com.microsoft.nchwc';
export const REORDER_INPUT = `${DOMAIN}:ReorderInput`;
const REORDER_OUTPUT = `${DOMAIN}:ReorderOutput`;

/** A blocked operator by its name. */
export const emitBlocked = (
  op: string,
  inputs: readonly Value[],
  shapes: Value['shapes'],
  attrs: Record<string, Attribute> = {},
): Value => g.emit(`${DOMAIN}:${op}`, inputs, { dtype: 'float32', shapes }, attrs);

/** Whether an image can be blocked: its channels fill whole blocks. */
export const fits = ({ dtype, rank, shape, shapes }: Value, block: number): boolean =>
  dtype === 'float32' &&
  rank === 4 &&
  isFixed(shapes) &&
  shape[1]! % block === 0 &&
  shape[2]! * shape[3]! > 1;

/** The blocked form of an image; the one that it was made from, where it was. */
export const toBlocked = (image: Value): Value =>
  blockedForm(image) ?? emitBlocked('ReorderInput', [image], image.shapes, { channels_last: 0 });

/** The plain form of a blocked image; its first `channels`, where the last block is not full. */
export const fromBlocked = (blocked: Value, channels = blocked.shape[1]!): Value =>
  emitBlocked(
    'ReorderOutput',
    [blocked],
    mapSizes(blocked.shapes, (s) => [s[0]!, channels, ...s.slice(2)]),
    { channels },
  );

/** The blocked image behind a plain one, if that is what it was made from. */
export function blockedForm(image: Value): Value | undefined {
  const node = image.producer;
  const source = node?.op === REORDER_OUTPUT ? node.inputs[0]! : undefined;
  return source?.shape[1] === image.shape[1] ? source : undefined;
}

export const windowAttributes = ({
  kernel,
  strides,
  pads,
  dilations,
  group,
}: ImageWindow): Record<string, Attribute> => ({
  kernel_shape: [...kernel],
  strides: [...strides],
  pads: [...pads],
  dilations: [...dilations],
  group,
});

/** A filter of `kernel` at every position where it fits, and no other; `group` channels by themselves. */
export const plainWindow = (kernel: ImageWindow['kernel'], group = 1): ImageWindow => ({
  kernel,
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  group,
});

/** The blocked image [N, C, H, W] with each channel of each sample as a channel of one image, [1, N C, H, W]. */
export const asOneSample = (blocked: Value): Value =>
  g.reshape(
    blocked,
    mapSizes(blocked.shapes, ([n, c, h, w]) => [1, n! * c!, h!, w!]),
  );
