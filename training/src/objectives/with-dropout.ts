import { STREAM, uniforms } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import type { Network } from '../models/network.js';
import { sizeOf } from '../models/size-of.js';
import type { Objective } from './objective.js';

/** The name under which a training step takes the uniform numbers of a dropout site. */
export const dropoutInput = (site: string): string => `dropout/${site}`;

/** The objective whose host half also draws the uniform numbers that dropout in `network` needs, if any. */
export function withDropout(objective: Objective, network: Network): Objective {
  const sites = network.dropoutSites ?? [];
  return {
    ...objective,
    draw(batch, random) {
      const inputs = objective.draw(batch, random);
      const count = batch.x.dims[0]!;
      sites.forEach(({ name, shape }, i) => {
        const numbers = new Float32Array(count * sizeOf(shape));
        uniforms(numbers, { ...random, stream: STREAM.dropout, sample: i });
        inputs[dropoutInput(name)] = new Tensor('float32', numbers, [count, ...shape]);
      });
      return inputs;
    },
  };
}
