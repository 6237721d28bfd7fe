import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A small graph model, as its files: y = relu(x w + b), [n, 3] to [n, 2]. */
export interface GraphModelFiles {
  model: {
    format: string;
    modelTopology: { node: NodeJson[]; library?: unknown } & Record<string, unknown>;
    signature?: unknown;
    weightsManifest: { paths: string[]; weights: WeightJson[] }[];
  } & Record<string, unknown>;
  files: Record<string, Uint8Array>;
}

export interface NodeJson {
  name: string;
  op: string;
  input?: string[];
  attr?: Record<string, unknown>;
}

export interface WeightJson {
  name: string;
  shape: unknown;
  dtype: string;
  quantization?: unknown;
}

export const port = (name: string, ...sizes: number[]) => ({
  name,
  dtype: 'DT_FLOAT',
  tensorShape: { dim: sizes.map((size) => ({ size: String(size) })) },
});

/** A placeholder of floats. */
export const placeholder = (name: string, ...sizes: unknown[]): NodeJson => ({
  name,
  op: 'Placeholder',
  attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: sizes.map((size) => ({ size })) } } },
});

export function smallGraphModel(): GraphModelFiles {
  const weights = Float32Array.of(1, -2, 3, 0.5, -0.25, 2, 0.1, -0.1);
  return {
    model: {
      format: 'graph-model',
      modelTopology: {
        node: [
          placeholder('x', '-1', '3'),
          { name: 'w', op: 'Const' },
          { name: 'b', op: 'Const' },
          { name: 'product', op: 'MatMul', input: ['x', 'w'] },
          { name: 'sum', op: 'AddV2', input: ['product', 'b'] },
          { name: 'y', op: 'Relu', input: ['sum'] },
        ],
      },
      signature: { inputs: { x: port('x:0', -1, 3) }, outputs: { y: port('y:0', -1, 2) } },
      weightsManifest: [
        {
          paths: ['group1-shard1of1.bin'],
          weights: [
            { name: 'w', shape: [3, 2], dtype: 'float32' },
            { name: 'b', shape: [2], dtype: 'float32' },
          ],
        },
      ],
    },
    files: { 'group1-shard1of1.bin': new Uint8Array(weights.buffer) },
  };
}

/** Writes the files of a model into a folder, and gives the path of the model.json. */
export async function writeGraphModel(folder: string, { model, files }: GraphModelFiles): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  const path = join(folder, 'model.json');
  await writeFile(path, JSON.stringify(model));
  return path;
}
