import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseModelJson, type ModelJson } from './model-json.js';

/**
 * Reads a model.json.
 *
 * @throws Error that says what stands at the path instead, and what to do
 */
export async function readModelJson(path: string): Promise<ModelJson> {
  let stats;
  try {
    stats = await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`Cannot read ${path} (${code}): expected the model.json of a TensorFlow.js model.`, {
      cause: error,
    });
  }
  if (stats.isDirectory()) {
    const holds = async (name: string) => (await stat(join(path, name)).catch(() => undefined)) !== undefined;
    if (await holds('model.json')) throw new Error(`${path} is a folder: name the model.json in it.`);
    if (await holds('saved_model.pb'))
      throw new Error(
        `${path} is a TensorFlow SavedModel, not a TensorFlow.js model. Convert it first with the Python package tensorflowjs: tensorflowjs_converter --input_format=tf_saved_model ${path} FOLDER`,
      );
    throw new Error(`${path} is a folder: expected the model.json of a TensorFlow.js model.`);
  }
  if (!stats.isFile())
    throw new Error(`${path} is not a file: expected the model.json of a TensorFlow.js model.`);
  if (stats.size > LARGEST)
    throw new Error(
      `${path} is ${(stats.size / 2 ** 20).toFixed(0)} MB, more than any model.json: name that, not its weights.`,
    );
  return parseModelJson(await readFile(path), path);
}

/** A graph of 40 000 nodes takes 15 MB. */
const LARGEST = 2 ** 29;
