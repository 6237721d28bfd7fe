import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSession } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { convertModel } from '../convert/convert.js';
import { draw, distance, randomNumbers, type Input, type Sizes } from './parity.js';

/** A node as a graph model's file has it. */
export interface NodeJson {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

/** A graph, with the numbers of its constants, which are those of its functions too. */
export interface GraphJson {
  readonly nodes: readonly NodeJson[];
  readonly constants: Readonly<Record<string, tf.Tensor>>;
  readonly functions?: readonly unknown[];
}

export const node = (
  name: string,
  op: string,
  input: readonly string[] = [],
  attr: Readonly<Record<string, unknown>> = {},
): NodeJson => ({ name, op, input, attr });

/** A function of the library: its inputs, its nodes, and what each of its outputs reads. */
export const graphFunction = (
  name: string,
  inputs: readonly string[],
  nodes: readonly NodeJson[],
  outputs: readonly string[],
) => ({
  signature: {
    name,
    inputArg: inputs.map((input) => ({ name: input, type: 'DT_FLOAT' })),
    outputArg: outputs.map((_, i) => ({ name: `result_${i}`, type: 'DT_FLOAT' })),
  },
  nodeDef: nodes,
  ret: Object.fromEntries(outputs.map((output, i) => [`result_${i}`, output])),
});

const TYPES = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' };

/** Writes a graph as a model.json with its weights, hands the path on, and removes both. */
async function withGraphModel<T>(
  { nodes, constants, functions = [] }: GraphJson,
  inputs: Readonly<Record<string, Input>>,
  outputs: readonly string[],
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-graph-'));
  const placeholders = Object.entries(inputs).map(([name, { dtype, shape }]) => {
    const dim = shape.map((size) => ({ size: typeof size === 'string' ? '-1' : String(size) }));
    return node(name, 'Placeholder', [], { dtype: { type: TYPES[dtype] }, shape: { shape: { dim } } });
  });
  const constantNodes = Object.entries(constants).map(([name, { dtype }]) =>
    node(name, 'Const', [], { dtype: { type: TYPES[dtype as 'float32'] } }),
  );
  const port = (name: string) => [name, { name: `${name}:0` }];
  const weights = Object.entries(constants).map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
  const model = {
    format: 'graph-model',
    modelTopology: {
      node: [...placeholders, ...constantNodes, ...nodes],
      library: { function: functions },
      versions: {},
    },
    signature: {
      inputs: Object.fromEntries(Object.keys(inputs).map(port)),
      outputs: Object.fromEntries(outputs.map(port)),
    },
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  };
  try {
    const data = Object.values(constants).map((tensor) => Buffer.from(tensor.dataSync().slice().buffer));
    await writeFile(join(folder, 'weights.bin'), Buffer.concat(data));
    await writeFile(join(folder, 'model.json'), JSON.stringify(model));
    return await use(join(folder, 'model.json'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const convertGraph = (
  graph: GraphJson,
  inputs: Readonly<Record<string, Input>>,
  outputs: readonly string[],
) => withGraphModel(graph, inputs, outputs, (path) => convertModel(path));

export interface GraphRun {
  /** The largest `distance` of any output. */
  readonly difference: number;
  /** The outputs by TensorFlow.js. */
  readonly values: Readonly<Record<string, readonly number[]>>;
}

/** Runs a graph model on tfjs's cpu backend and, converted, on ONNX Runtime, on random inputs: once at each of the sizes. */
export async function runConverted(
  graph: GraphJson,
  inputs: Readonly<Record<string, Input>>,
  outputs: readonly string[],
  sizes: readonly Sizes[],
  seed?: number,
): Promise<GraphRun[]> {
  await tf.setBackend('cpu');
  const { model, source } = await convertGraph(graph, inputs, outputs);
  const { session } = await createSession(model, { provider: 'cpu' });
  const random = randomNumbers(seed);
  const runs: GraphRun[] = [];
  for (const at of sizes) {
    const drawn = Object.entries(inputs).map(([name, spec]) => [name, draw(spec, at, random)] as const);
    const expected = await source.run(Object.fromEntries(drawn.map(([name, { tensor }]) => [name, tensor])));
    const found = await session.run(Object.fromEntries(drawn.map(([name, { host }]) => [name, host])));
    const differences = Object.entries(expected).map(([name, tensor]) => {
      const { shape, dtype } = tensor;
      const y = found[name]!;
      if (`${y.type} [${y.dims.join()}]` !== `${dtype} [${shape.join()}]`)
        throw new Error(`${name} is ${y.type} [${y.dims.join()}], not ${dtype} [${shape.join()}].`);
      return distance(tensor.dataSync<'float32'>(), y.data as Float32Array);
    });
    const values = Object.entries(expected).map(([name, t]) => [name, Array.from(t.dataSync())]);
    runs.push({ difference: Math.max(...differences), values: Object.fromEntries(values) });
  }
  await session.release();
  source.dispose();
  return runs;
}
