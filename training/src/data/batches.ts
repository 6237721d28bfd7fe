import { permutation, STREAM } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import type { Batch } from '../objectives/objective.js';
import { augmentation, type AugmentationOptions } from './augmentation/augmentation.js';
import type { ImageSet } from './dataset.js';

export interface BatchesOptions extends AugmentationOptions {
  /** Images in a batch. */
  readonly batch: number;
  readonly seed: number;
  /** What the pixel values 0 and 255 of images that are bytes become. */
  readonly valueRange: readonly [number, number];
}

/**
 * The batches of a training run: x float32 [batch, height, width, channels] and, where the data has labels, label int32
 * [batch] for step 1, 2, ... Every epoch goes through the images once in an order of its own; a batch may reach from one epoch into the next.
 * A batch is a function of the options and its step alone, so that a resumed run goes on as if it had not stopped.
 *
 * @throws RangeError if the batch is not a positive integer
 */
export function batches(
  { images, labels, count, shape }: ImageSet,
  options: BatchesOptions,
): (step: number) => Batch {
  const { batch, seed, valueRange } = options;
  if (!(Number.isSafeInteger(batch) && batch > 0))
    throw new RangeError(`The batch is ${batch}; expected a positive integer.`);
  const size = shape[0] * shape[1] * shape[2];
  const copyRow = rowCopier(images, size, valueRange);
  const augment = augmentation(options);
  let epoch = -1;
  let order = new Int32Array();
  return (step) => {
    const x = new Float32Array(batch * size);
    const label = new Int32Array(batch);
    for (let i = 0; i < batch; i++) {
      const position = (step - 1) * batch + i;
      if (Math.floor(position / count) !== epoch) {
        epoch = Math.floor(position / count);
        order = permutation(count, { seed, step: epoch, stream: STREAM.dataOrder }) as typeof order;
      }
      const row = order[position % count]!;
      if (labels) label[i] = labels[row]!;
      copyRow(row, x, i * size);
    }
    return {
      x: augment(new Tensor('float32', x, [batch, ...shape]), { seed, step }),
      ...(labels && { label: new Tensor('int32', label, [batch]) }),
    };
  };
}

/** What copies an image to a place in a batch, in the value range. */
function rowCopier(
  images: ImageSet['images'],
  size: number,
  [low, high]: readonly [number, number],
): (row: number, x: Float32Array, to: number) => void {
  if (images instanceof Float32Array)
    return (row, x, to) => x.set(images.subarray(row * size, (row + 1) * size), to);
  const values = Float32Array.from({ length: 256 }, (_, pixel) => low + (high - low) * (pixel / 255));
  return (row, x, to) => {
    for (let from = row * size, end = to + size; to < end;) x[to++] = values[images[from++]!]!;
  };
}
