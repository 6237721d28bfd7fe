import { integers, STREAM } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import type { HostTensor, StepRandom } from '../../objectives/objective.js';

/** The shifts have sample 0 of the stream. */
const SAMPLE = 1;

/** Mirrors each image of x [B, H, W, C] left to right with probability 1/2. */
export function flipImages(x: HostTensor, random: StepRandom): HostTensor {
  const [batch, height, width, channels] = x.dims as [number, number, number, number];
  const from = x.data as Float32Array;
  const to = from.slice();
  const flips = integers(new Int32Array(batch), 2, {
    ...random,
    stream: STREAM.augmentation,
    sample: SAMPLE,
  });
  for (let n = 0; n < batch; n++) {
    if (flips[n] === 0) continue;
    for (let i = 0; i < height; i++) {
      const row = (n * height + i) * width;
      for (let j = 0; j < width; j++) {
        const source = (row + width - 1 - j) * channels;
        for (let c = 0; c < channels; c++) to[(row + j) * channels + c] = from[source + c]!;
      }
    }
  }
  return new Tensor('float32', to, x.dims);
}
