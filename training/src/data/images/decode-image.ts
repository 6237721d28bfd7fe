import { loadSharp } from '../../images/load-sharp.js';

/** How the images of a folder become arrays of one shape. */
export interface ImageForm {
  readonly height: number;
  readonly width: number;
  /** 1: grey, 3: red, green, blue. */
  readonly channels: 1 | 3;
  /** 'crop' keeps the proportions and cuts off what is over, as much on either side; 'stretch' does not keep them. */
  readonly fit: 'crop' | 'stretch';
}

/**
 * Decodes an image file to bytes [height, width, channels] in sRGB, upright as its camera says, scaled down (Lanczos),
 * on white where it is transparent. Of an animation it is the first picture.
 *
 * @throws Error whose message says why, as the end of a sentence: it cannot be decoded, or it is smaller than asked for
 */
export async function decodeImage(
  path: string,
  { height, width, channels, fit }: ImageForm,
): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const image = sharp(path);
  const found = (await image.metadata()).autoOrient;
  // Enlarged, it would teach the network what blurred images look like.
  if (found.height < height || found.width < width)
    throw new Error(`it is ${found.height} x ${found.width}, smaller than ${height} x ${width}`);
  return image
    .autoOrient()
    .resize({ height, width, fit: fit === 'crop' ? 'cover' : 'fill' })
    .flatten({ background: 'white' })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer();
}
