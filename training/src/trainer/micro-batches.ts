import { Tensor } from 'onnxruntime-common';
import type { HostTensor } from '../objectives/objective.js';

type Inputs = Readonly<Record<string, HostTensor>>;

/**
 * Parts what an objective drew for a batch, tensors [batch, ...], into `parts` of equal size, in order and without
 * copying.
 *
 * @throws RangeError if a tensor cannot be parted so
 */
export function microBatches(inputs: Inputs, parts: number): Inputs[] {
  return Array.from({ length: parts }, (_, k) =>
    Object.fromEntries(
      Object.entries(inputs).map(([name, { type, data, dims }]) => {
        const [rows = 0, ...shape] = dims;
        if (rows === 0 || rows % parts !== 0)
          throw new RangeError(
            `The batch of ${rows} cannot be accumulated in ${parts} parts (${name}): expected a multiple of ${parts}.`,
          );
        const size = data.length / parts;
        const part = (data as Float32Array).subarray(k * size, (k + 1) * size);
        return [name, new Tensor(type as 'float32', part, [rows / parts, ...shape])];
      }),
    ),
  );
}
