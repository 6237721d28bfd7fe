import { permutation, STREAM } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import type { Batch } from '../objectives/objective.js';
import type { LabelledImages } from './dataset.js';

export interface BatchesOptions {
  /** Images in a batch. */
  readonly batch: number;
  readonly seed: number;
  /** What the pixel values 0 and 255 become. */
  readonly valueRange: readonly [number, number];
}

/**
 * The batches of a training run: x float32 [batch, height, width, channels] and label int32 [batch] for step 1, 2, ...
 * Every epoch goes through the images once in an order of its own; a batch may reach from one epoch into the next.
 * A batch is a function of the options and its step alone, so that a resumed run goes on as if it had not stopped.
 *
 * @throws RangeError if the batch is not a positive integer
 */
export function batches(
  { images, labels, count, shape }: LabelledImages,
  { batch, seed, valueRange: [low, high] }: BatchesOptions,
): (step: number) => Required<Batch> {
  if (!(Number.isSafeInteger(batch) && batch > 0))
    throw new RangeError(`The batch is ${batch}; expected a positive integer.`);
  const size = images.length / count;
  const values = Float32Array.from({ length: 256 }, (_, pixel) => low + (high - low) * (pixel / 255));
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
      label[i] = labels[row]!;
      for (let from = row * size, to = i * size, end = to + size; to < end;)
        x[to++] = values[images[from++]!]!;
    }
    return {
      x: new Tensor('float32', x, [batch, ...shape]),
      label: new Tensor('int32', label, [batch]),
    };
  };
}
