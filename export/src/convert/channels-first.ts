import * as tf from '@tensorflow/tfjs-core';
import type { InputSpec } from '../trace/trace.js';
import type { TfjsModel } from './tfjs-model.js';

/** A model whose images come in channels-first: each input of rank 4, [n, c, h, w] for [n, h, w, c]. */
export function channelsFirst(
  model: TfjsModel,
  inputs: Readonly<Record<string, InputSpec>>,
): { model: TfjsModel; inputs: Record<string, InputSpec> } {
  const images = Object.keys(inputs).filter((name) => inputs[name]!.shape.length === 4);
  if (images.length === 0) throw new Error('No input of the model has the four dimensions of images.');
  const lastAgain = (given: Readonly<Record<string, tf.Tensor>>) => ({
    ...given,
    ...Object.fromEntries(images.map((name) => [name, tf.transpose(given[name]!, [0, 2, 3, 1])])),
  });
  return {
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, spec]) => {
        if (!images.includes(name)) return [name, spec];
        const [n, h, w, c] = spec.shape as [number, number, number, number];
        return [name, { ...spec, shape: [n, c, h, w] }];
      }),
    ),
    model: {
      ...model,
      apply: (given) => model.apply(lastAgain(given)),
      run: (given) => model.run(lastAgain(given)),
    },
  };
}
