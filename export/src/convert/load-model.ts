import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { graphModel } from './graph-model.js';
import { layersModel } from './layers-model.js';
import { readModelJson } from './read-model.js';
import type { TfjsModel } from './tfjs-model.js';
import { readWeights, type ReadOptions } from './weights.js';

export interface LoadModelOptions extends ReadOptions {
  /** Modules that register a layers model's own layers with TensorFlow.js. */
  readonly imports?: readonly string[] | undefined;
}

/** Reads a model.json and its weights, and makes the model ready to be traced and to be run. */
export async function loadModel(
  path: string,
  { imports = [], ...reading }: LoadModelOptions = {},
): Promise<{ kind: 'graph' | 'layers'; model: TfjsModel }> {
  const json = await readModelJson(path);
  const { loadGraphModelSync } = await import('@tensorflow/tfjs-converter');
  for (const file of imports) await importModule(file);
  const weights = await readWeights(path, json.groups, reading);
  const model =
    json.kind === 'graph'
      ? graphModel(json, weights, loadGraphModelSync)
      : await layersModel(json, weights, await layersLibrary());
  return { kind: json.kind, model };
}

async function importModule(file: string): Promise<void> {
  try {
    await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    throw new Error(`Cannot import ${file}: ${(error as Error).message}`, { cause: error });
  }
}

async function layersLibrary(): Promise<typeof import('@tensorflow/tfjs-layers')> {
  try {
    return await import('@tensorflow/tfjs-layers');
  } catch (error) {
    throw new Error('A layers model needs the package @tensorflow/tfjs-layers: install it.', {
      cause: error,
    });
  }
}
