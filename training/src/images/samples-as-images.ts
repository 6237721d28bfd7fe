import type { ModelCard } from '@scorebridge/runtime';
import type { ImageBatch } from './image-batch.js';

type ImageCard = Pick<ModelCard, 'shape' | 'layout' | 'valueRange'>;

/**
 * Whether a model's samples are images that can be drawn.
 *
 * @throws RangeError when they are not: the shape is not that of an image of 1 or 3 channels
 */
export function checkImages({ shape, layout }: ImageCard): void {
  const channels = layout === 'channels-last' ? shape[2] : shape[0];
  if (layout === 'flat' || shape.length !== 3 || (channels !== 1 && channels !== 3))
    throw new RangeError(
      `The model's samples are not images of 1 or 3 channels (shape [${shape.join(', ')}], ${layout}): keep them as numbers with --npy.`,
    );
}

/**
 * Views samples as images, channels last, to be drawn in the model's value range.
 *
 * @param samples row-major [count, ...card.shape]; not copied where its channels are last already
 * @throws RangeError when the model's samples are not images
 */
export function samplesAsImages(card: ImageCard, samples: Float32Array): ImageBatch {
  checkImages(card);
  const { layout, valueRange: range } = card;
  const [a, b, c] = card.shape as [number, number, number];
  const count = samples.length / (a * b * c);
  if (layout === 'channels-last') return { data: samples, shape: [count, a, b, c], range };
  const area = b * c;
  const data = samples.map((_, i) => {
    const image = Math.floor(i / (a * area));
    const pixel = Math.floor((i % (a * area)) / a);
    return samples[image * a * area + (i % a) * area + pixel]!;
  });
  return { data, shape: [count, b, c, a], range };
}
