import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as tf from '@tensorflow/tfjs';
import type { Net } from '../nets/net.js';
import { pythonWith } from './python.js';

/** tf2onnx's last release, and the last TensorFlow with Keras 2, which reads a layers model's topology as it is. */
export const PINS = [
  'tf2onnx==1.17.0',
  'tensorflow-cpu==2.15.1',
  'onnx==1.17.0',
  'numpy==1.26.4',
  'protobuf==4.25.9',
] as const;

/** What tf2onnx makes of a network. */
export type Tf2onnx = { readonly nodes: number; readonly model: Uint8Array } | { readonly error: string };

/** Writes a network as tf2onnx_nets.py reads it. */
async function writeNet(folder: string, { model, weights, inputs }: Net): Promise<void> {
  await mkdir(folder, { recursive: true });
  const named: Record<string, tf.Tensor> = { ...weights };
  for (const layer of model?.layers ?? [])
    layer.getWeights().forEach((tensor, i) => (named[`${layer.name}/${i}`] = tensor));
  const write = (name: string, value: unknown) => writeFile(join(folder, name), JSON.stringify(value));
  await write('weights.json', Object.entries(named).map(([name, { shape }]) => [name, shape])); // prettier-ignore
  const data = Object.values(named).map(
    (tensor) => new Uint8Array(tensor.dataSync<'float32'>().slice().buffer),
  );
  await writeFile(join(folder, 'weights.bin'), Buffer.concat(data));
  await write('inputs.json', Object.entries(inputs).map(([name, { dtype, shape }]) => [name, dtype, shape])); // prettier-ignore
  if (model) await write('topology.json', model.toJSON(null, false));
}

/**
 * Gives networks to tf2onnx, in Python, and what it makes of each.
 *
 * @param models networks, or the paths of the model.json of graph models
 */
export async function convertByTf2onnx(
  folder: string,
  models: Readonly<Record<string, Net | string>>,
): Promise<Record<string, Tf2onnx>> {
  const python = await pythonWith('tf2onnx', 'import tf2onnx, tensorflow', PINS);
  const folders = Object.keys(models).map((name) => join(folder, name));
  for (const [i, model] of Object.values(models).entries()) {
    if (typeof model === 'string') await cp(dirname(model), folders[i]!, { recursive: true });
    else await writeNet(folders[i]!, model);
  }
  const script = fileURLToPath(new URL('../oracles/tf2onnx_nets.py', import.meta.url));
  const printed = (await python([script, ...folders])).trim().split('\n');
  const results: Record<string, Tf2onnx> = {};
  for (const [i, name] of Object.keys(models).entries()) {
    const result = JSON.parse(printed[i]!) as { nodes: number } | { error: string };
    results[name] =
      'error' in result
        ? result
        : { ...result, model: new Uint8Array(await readFile(join(folders[i]!, 'tf2onnx.onnx'))) };
  }
  return results;
}
