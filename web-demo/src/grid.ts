/** How the numbers of one sample become pixels. */
export interface ImageFormat {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Whether the channels of a pixel lie side by side (NHWC) or in planes (NCHW). */
  readonly channelsLast: boolean;
  /** The values of black and white. */
  readonly range: readonly [number, number];
}

const gap = 1;
const targetWidth = 1120;

/**
 * Draws `samples` ([count, ...shape], flat) on the canvas as a grid of `columns`, each pixel a whole number of canvas
 * pixels. Values outside the range are cut off.
 */
export function drawGrid(
  canvas: HTMLCanvasElement,
  samples: Float32Array,
  count: number,
  columns: number,
  format: ImageFormat,
): void {
  const { height, width } = format;
  const rows = Math.ceil(count / columns);
  const pixels = new ImageData(columns * (width + gap) - gap, rows * (height + gap) - gap);
  for (let i = 0; i < count; i++) {
    const left = (i % columns) * (width + gap);
    const top = Math.floor(i / columns) * (height + gap);
    paintSample(pixels, samples, i, left, top, format);
  }
  const small = new OffscreenCanvas(pixels.width, pixels.height);
  small.getContext('2d')!.putImageData(pixels, 0, 0);
  const zoom = Math.max(1, Math.floor(targetWidth / pixels.width));
  canvas.width = pixels.width * zoom;
  canvas.height = pixels.height * zoom;
  const context = canvas.getContext('2d')!;
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
}

function paintSample(
  pixels: ImageData,
  samples: Float32Array,
  index: number,
  left: number,
  top: number,
  { height, width, channels, channelsLast, range: [black, white] }: ImageFormat,
): void {
  const start = index * height * width * channels;
  const pixelStride = channelsLast ? channels : 1;
  const channelStride = channelsLast ? 1 : height * width;
  for (let p = 0; p < height * width; p++) {
    const target = 4 * ((top + Math.floor(p / width)) * pixels.width + left + (p % width));
    for (let c = 0; c < 3; c++) {
      const value = samples[start + p * pixelStride + (c % channels) * channelStride]!;
      pixels.data[target + c] = (255 * (value - black)) / (white - black); // the array rounds and clamps
    }
    pixels.data[target + 3] = 255;
  }
}

/** Five or ten a row where the ten digits are drawn in turn, else as near to a square as it goes. */
export const columnsFor = (count: number, inTens: boolean): number =>
  inTens ? Math.min(count, count > 30 ? 10 : 5) : Math.ceil(Math.sqrt(count));
