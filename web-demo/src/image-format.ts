import type { ModelCard } from '@scorebridge/runtime';
import type { ImageFormat } from './grid.js';

/** How the samples of a model are drawn. Throws a sentence if they are not images in grey or colour. */
export function imageFormat({ shape, layout, valueRange }: ModelCard): ImageFormat {
  const channelsLast = layout === 'channels-last';
  const [height, width, channels] = channelsLast ? shape : [shape[1], shape[2], shape[0]];
  if (layout === 'flat' || shape.length !== 3 || (channels !== 1 && channels !== 3))
    throw new Error(
      `This page draws images; the samples of this model have the shape ${shape.join(' x ')}, ${layout}.`,
    );
  return { height: height!, width: width!, channels, channelsLast, range: valueRange };
}
