import { normalBatch, rademachers, STREAM } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { drawLabels, type LabelOptions } from './draws.js';
import type { HostTensor, Objective, StepRandom } from './objective.js';

/**
 * How the directions v that slice a score are drawn, all with E[v v'] = I: 'rademacher' (-1 or 1 in each dimension), the
 * one of least variance (Hutchinson, 1990); 'gaussian'; 'sphere' (uniform on the sphere of radius sqrt(D)).
 */
export type Projection = 'rademacher' | 'gaussian' | 'sphere';

export interface SliceOptions {
  /** Directions for each sample; 1 by default. */
  slices?: number;
  /** Their distribution; 'rademacher' by default. */
  projection?: Projection | undefined;
}

/**
 * Directions [B, slices, ...shape] for a batch x [B, ...shape]; those of sample i depend on the seed, the step and i alone.
 */
function drawSlices(
  x: HostTensor,
  { slices, projection = 'rademacher' }: SliceOptions & { slices: number },
  random: StepRandom,
): HostTensor {
  const [B, ...shape] = x.dims as [number, ...number[]];
  const D = x.size / B;
  const v = new Float32Array(x.size * slices);
  const key = { ...random, stream: STREAM.slices };
  if (projection === 'rademacher') {
    for (let i = 0; i < B; i++)
      rademachers(v.subarray(i * slices * D, (i + 1) * slices * D), { ...key, sample: i });
  } else {
    normalBatch(v, B, key);
    if (projection === 'sphere') toSphere(v, D);
  }
  return new Tensor('float32', v, [B, slices, ...shape]);
}

/**
 * The host half of an objective that slices: the batch, its labels and its directions.
 *
 * @throws RangeError if `slices` is not a positive integer
 */
export function slicedDraw({
  slices = 1,
  projection,
  ...labels
}: SliceOptions & LabelOptions): Objective['draw'] {
  if (!(Number.isInteger(slices) && slices >= 1))
    throw new RangeError(`slices is ${slices}; expected a positive integer.`);
  return ({ x, label }, random) => ({
    x,
    ...drawLabels(label, labels, random),
    slices: drawSlices(x, { slices, projection }, random),
  });
}

/** Scales each row of D numbers to the length sqrt(D). */
function toSphere(v: Float32Array, D: number): void {
  for (let start = 0; start < v.length; start += D) {
    const row = v.subarray(start, start + D);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    row.forEach((value, i) => (row[i] = (value / norm) * Math.sqrt(D)));
  }
}
