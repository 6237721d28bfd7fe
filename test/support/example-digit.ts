import { fileURLToPath } from 'node:url';
import { ddpm, loadModel, sample } from '@scorebridge/runtime';

/** The model that the examples draw with. */
export const exampleModel = fileURLToPath(
  new URL('../../web-demo/public/models/mnist-labelled.onnx', import.meta.url),
);

/** What the examples draw, in Node: 28 x 28 values, -1 for black and 1 for white. */
export async function exampleDigit(label: number, seed = 7): Promise<Float32Array> {
  const model = await loadModel(exampleModel);
  const options = { sampler: ddpm(), steps: 50, count: 1, guidance: 1, label, seed };
  const { samples } = await sample(model, options).result;
  await model.release();
  return samples;
}

/** The greys that the values are shown as, 0 to 255. */
export const greys = (samples: Float32Array) => Uint8ClampedArray.from(samples, (x) => 127.5 * (x + 1));
