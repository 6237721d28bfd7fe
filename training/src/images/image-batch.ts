/** Images as a model makes them: `data` is row-major [count, height, width, channels]. */
export interface ImageBatch {
  readonly data: Float32Array;
  readonly shape: readonly [count: number, height: number, width: number, channels: number];
  /** The values that are drawn black and white; what lies outside is clipped. */
  readonly range: readonly [low: number, high: number];
}

/**
 * Checks that a batch can be drawn.
 *
 * @throws RangeError when the data do not fill the shape, the batch is empty, there are neither 1 nor 3
 *   channels, or the range is empty
 */
export function checkImageBatch({ data, shape, range: [low, high] }: ImageBatch): void {
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (shape.length !== 4 || size === 0 || !shape.every(Number.isInteger))
    throw new RangeError(
      `Images need the shape [count, height, width, channels] with no 0, found [${shape.join(', ')}].`,
    );
  if (data.length !== size)
    throw new RangeError(
      `Images of shape [${shape.join(', ')}] need ${size} values, found ${data.length}: pass the batch's own shape.`,
    );
  if (shape[3] !== 1 && shape[3] !== 3)
    throw new RangeError(
      `Only images of 1 (grey) or 3 (red, green, blue) channels can be drawn, found ${shape[3]}.`,
    );
  if (!(low < high)) throw new RangeError(`A value range needs low < high, found [${low}, ${high}].`);
}
