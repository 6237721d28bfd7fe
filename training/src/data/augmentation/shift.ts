import { integers, STREAM } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import type { HostTensor, StepRandom } from '../../objectives/objective.js';

/** Moves each image of x [B, H, W, C] by its own -shift .. shift pixels down and across; border rows are repeated. */
export function shiftImages(x: HostTensor, shift: number, random: StepRandom): HostTensor {
  const [batch, height, width, channels] = x.dims as [number, number, number, number];
  const from = x.data as Float32Array;
  const to = new Float32Array(from.length);
  const key = { ...random, stream: STREAM.augmentation };
  const offsets = integers(new Int32Array(2 * batch), 2 * shift + 1, key).map((n) => n - shift);
  const clamp = (i: number, size: number) => Math.min(Math.max(i, 0), size - 1);
  let out = 0;
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++) {
        const row = clamp(i - offsets[2 * n]!, height);
        const column = clamp(j - offsets[2 * n + 1]!, width);
        const at = ((n * height + row) * width + column) * channels;
        for (let c = 0; c < channels; c++) to[out++] = from[at + c]!;
      }
  return new Tensor('float32', to, x.dims);
}
