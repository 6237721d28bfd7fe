import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { namingLayers } from '../trace/naming-layers.js';
import { artifactsOf } from './graph-model.js';
import type { ModelJson } from './model-json.js';
import type { ModelInput, TfjsModel } from './tfjs-model.js';
import type { Weight } from './weights.js';

/** A TensorFlow.js layers model, made ready to be traced and to be run. */
export async function layersModel(
  json: ModelJson,
  weights: ReadonlyMap<string, Weight>,
  { loadLayersModel, layers }: typeof import('@tensorflow/tfjs-layers'),
): Promise<TfjsModel> {
  const model = await load(json, weights, loadLayersModel);
  const inputs = model.inputs.map(({ name, shape, dtype }): ModelInput => {
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
      throw new Error(`The input ${name} is of type ${dtype}; expected float32, int32 or bool.`);
    return { name, dtype, shape: shape.map((d) => d ?? -1) };
  });
  const outputs = model.outputNames;
  const call = (given: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
    const made = model.predictOnBatch(inputs.map(({ name }) => given[name]!));
    const list = Array.isArray(made) ? made : [made];
    return Object.fromEntries(outputs.map((name, i) => [name, list[i]!]));
  };
  return {
    inputs,
    outputs,
    weights: Object.fromEntries(model.weights.map((weight) => [weight.originalName, weight.read()])),
    apply: (given) => namingLayers(layers, () => call(given)),
    run: async (given) => call(given),
    dispose: () => void model.dispose(),
  };
}

async function load(
  json: ModelJson,
  weights: ReadonlyMap<string, Weight>,
  loadLayersModel: typeof import('@tensorflow/tfjs-layers').loadLayersModel,
): Promise<LayersModel> {
  try {
    return await loadLayersModel({
      load: async () => ({ modelTopology: json.topology, ...artifactsOf(weights) }),
    });
  } catch (error) {
    const { message } = error as Error;
    const unknown = /Unknown layer: (\w+)/.exec(message)?.[1];
    if (unknown === undefined)
      throw new Error(`TensorFlow.js cannot load the layers model: ${message}`, { cause: error });
    throw new Error(
      `The model has layers of its own (${unknown}): name a module that registers them with --import FILE.mjs.`,
      { cause: error },
    );
  }
}
