import * as tf from '@tensorflow/tfjs-core';
import type { GraphModel, loadGraphModelSync } from '@tensorflow/tfjs-converter';
import { parseGraphDef } from './graph-def.js';
import { GraphWalk } from './graph-walk.js';
import type { ModelJson } from './model-json.js';
import { inputsOf, outputsOf } from './signature.js';
import type { TfjsModel } from './tfjs-model.js';
import type { Weight } from './weights.js';

type Load = typeof loadGraphModelSync;

/** A TensorFlow.js graph model, made ready to be traced and to be run. */
export function graphModel(json: ModelJson, weights: ReadonlyMap<string, Weight>, load: Load): TfjsModel {
  const graph = parseGraphDef(json.topology);
  const outputs = outputsOf(graph, json.signature);
  const tensors = new Map<string, tf.Tensor>();
  const walk = new GraphWalk(graph, tensors, load);
  const needed = walk.needed(outputs);
  const inputs = inputsOf(graph, json.signature, (node) => needed.has(node));
  for (const [name, { data, shape, dtype }] of weights) tensors.set(name, tf.tensor(data, [...shape], dtype));
  let whole: GraphModel<tf.io.IOHandlerSync> | undefined;
  return {
    inputs,
    outputs: outputs.map(({ name }) => name),
    weights: Object.fromEntries(tensors),
    apply(given) {
      const byNode = new Map(inputs.map(({ name, node }) => [node, given[name]!]));
      const made = walk.run(byNode, outputs);
      return Object.fromEntries(outputs.map(({ name }, i) => [name, made[i]!]));
    },
    async run(given) {
      whole ??= load({
        // TensorFlow.js asks for the versions, though it needs none.
        modelTopology: { versions: {}, ...json.topology },
        ...(json.signature && { signature: json.signature }),
        ...artifactsOf(weights),
      });
      const feeds = Object.fromEntries(inputs.map(({ name, node }) => [node, given[name]!]));
      const made = await runWhole(
        whole,
        feeds,
        outputs.map(({ node, index }) => `${node}:${index}`),
      );
      const list = Array.isArray(made) ? made : [made];
      return Object.fromEntries(outputs.map(({ name }, i) => [name, list[i]!]));
    },
    dispose() {
      walk.dispose();
      whole?.dispose();
      tf.dispose([...tensors.values()]);
    },
  };
}

/** TensorFlow.js runs a graph that waits for values in another way, and complains of it where a graph does not. */
async function runWhole(
  model: GraphModel<tf.io.IOHandlerSync>,
  feeds: tf.NamedTensorMap,
  outputs: string[],
): Promise<tf.Tensor | tf.Tensor[]> {
  try {
    return model.execute(feeds, outputs);
  } catch (error) {
    if (!(error as Error).message.includes('executeAsync')) throw error;
    return model.executeAsync(feeds, outputs);
  }
}

/** Weights as TensorFlow.js's own loaders take them. */
export function artifactsOf(
  weights: ReadonlyMap<string, Weight>,
): Pick<tf.io.ModelArtifacts, 'weightSpecs' | 'weightData'> {
  return {
    weightSpecs: [...weights].map(([name, { shape, dtype }]) => ({ name, shape: [...shape], dtype })),
    // Each weight has a buffer of its own.
    weightData: [...weights.values()].map(({ data }) => data.buffer as ArrayBuffer),
  };
}
