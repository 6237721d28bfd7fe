import { normalBatch, type NoiseKey, uniforms } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { checkMixture, type MixtureComponent } from '../models/mixture.js';
import type { Batch } from '../objectives/objective.js';

/** For the points themselves; which component a point is of is the next stream. */
const STREAM = 1000;

/**
 * Independent points of a mixture of Gaussians, x [count, D]; point i is a function of the key and i alone.
 *
 * @param key a seed and, of training data, a step
 * @throws RangeError for components that make no mixture
 */
export function mixturePoints(
  components: readonly MixtureComponent[],
  count: number,
  key: Pick<NoiseKey, 'seed' | 'step'>,
): Batch {
  checkMixture(components);
  const D = components[0]!.mean.length;
  const x = normalBatch(new Float32Array(count * D), count, { ...key, stream: STREAM });
  const u = uniforms(new Float32Array(count), { ...key, stream: STREAM + 1 });
  for (let i = 0; i < count; i++) {
    let [k, share] = [0, components[0]!.weight];
    while (u[i]! >= share && k < components.length - 1) share += components[++k]!.weight;
    const { mean, std } = components[k]!;
    for (let d = 0; d < D; d++) x[i * D + d] = mean[d]! + std * x[i * D + d]!;
  }
  return { x: new Tensor('float32', x, [count, D]) };
}
