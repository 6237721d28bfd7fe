import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertModel, verifyModel, type ConvertOptions } from '@scorebridge/export/convert';
import { saveOnnx } from '@scorebridge/export';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scorebridge } from './support/command.js';
import { pythonWith, whyNoPython } from './support/python.js';
import {
  placeholder,
  port,
  smallGraphModel,
  writeGraphModel,
  type GraphModelFiles,
  type NodeJson,
} from './support/tfjs-graph-model.js';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-convert-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A weight of a model in a test: float32 unless its numbers are said to be whole. */
type Weights = Record<string, { shape: number[]; values: number[]; dtype?: 'int32' }>;

function graphOf(nodes: NodeJson[], weights: Weights, outputs: string[], library?: unknown): GraphModelFiles {
  const bytes = Object.values(weights).map(({ values, dtype }) =>
    Buffer.from((dtype ? Int32Array.from(values) : Float32Array.from(values)).buffer),
  );
  return {
    model: {
      format: 'graph-model',
      generatedBy: 'a stray field',
      modelTopology: {
        node: [...Object.keys(weights).map((name) => ({ name, op: 'Const' })), ...nodes],
        ...(library !== undefined && { library }),
      },
      signature: { outputs: Object.fromEntries(outputs.map((name) => [name, port(name)])) },
      weightsManifest: [
        {
          paths: ['w1.bin', 'w2.bin'],
          weights: Object.entries(weights).map(([name, { shape, dtype }]) => ({
            name,
            shape,
            dtype: dtype ?? 'float32',
          })),
        },
      ],
    },
    // Two shards, parted within a number.
    files: { 'w1.bin': Buffer.concat(bytes).subarray(0, 3), 'w2.bin': Buffer.concat(bytes).subarray(3) },
  };
}

const whole = (...values: number[]) => ({ shape: [values.length], values, dtype: 'int32' as const });
const number = (value: number) => ({ shape: [], values: [value], dtype: 'int32' as const });
let count = 0;

/** Converts a model and gives how far it is from TensorFlow.js, by the largest relative difference. */
async function difference(
  files: GraphModelFiles,
  sizes?: Record<string, number>[],
  options: ConvertOptions = {},
) {
  const path = await writeGraphModel(join(folder, `m${count++}`), files);
  const converted = await convertModel(path, options);
  const deviations = await verifyModel(
    converted.source,
    converted.inputs,
    converted.model,
    sizes ? { sizes } : {},
  );
  converted.source.dispose();
  return { ...converted, worst: Math.max(...deviations.map(({ relative }) => relative)) };
}

describe('inputs that are fixed', () => {
  const files = () => {
    const model = smallGraphModel();
    model.model.modelTopology.node.push(placeholder('scale'), {
      name: 'z',
      op: 'Mul',
      input: ['y', 'scale'],
    });
    model.model.signature = {
      inputs: { x: port('x:0', -1, 3), scale: port('scale:0') },
      outputs: { z: port('z:0', -1, 2) },
    };
    return model;
  };

  test('are inputs no more, and have their value', async () => {
    const { inputs, worst, model } = await difference(files(), undefined, { values: { scale: [3] } });
    expect(Object.keys(inputs)).toEqual(['x']);
    expect(worst).toBeLessThan(1e-6);
    const other = await difference(files(), undefined, { values: { scale: [-7] } });
    expect(Buffer.compare(model, other.model)).not.toBe(0);
  });

  test.each([
    [{ size: [1] }, 'The model has no input size; its inputs are: x, scale.'],
    [{ scale: [1, 2] }, 'The input scale has the shape [], which 2 numbers do not fill.'],
    [{ x: [1, 2, 3, 4] }, 'The input x has the shape [?, 3], which 4 numbers do not fill.'],
  ])('%j is refused', async (values, sentence) => {
    await expect(difference(files(), undefined, { values })).rejects.toThrow(sentence);
  });
});

/** [n, h, w, 2] to [n, h w, 2], by arithmetic on the shape as TensorFlow writes it. */
const flattened: [NodeJson[], Weights] = [
  [
    placeholder('x', '-1', '-1', '-1', '2'),
    { name: 'shape', op: 'Shape', input: ['x'] },
    {
      name: 'n',
      op: 'StridedSlice',
      input: ['shape', 'w0', 'w1', 'w1'],
      attr: { shrink_axis_mask: { i: '1' } },
    },
    {
      name: 'h',
      op: 'StridedSlice',
      input: ['shape', 'w1', 'w2', 'w1'],
      attr: { shrink_axis_mask: { i: '1' } },
    },
    {
      name: 'w',
      op: 'StridedSlice',
      input: ['shape', 'w2', 'w3', 'w1'],
      attr: { shrink_axis_mask: { i: '1' } },
    },
    { name: 'hw', op: 'Mul', input: ['h', 'w'] },
    { name: 'pack', op: 'Pack', input: ['n', 'hw', 'two'], attr: { axis: { i: '0' } } },
    { name: 'flat', op: 'Reshape', input: ['x', 'pack'] },
    { name: 'parts', op: 'Split', input: ['axis', 'flat'], attr: { num_split: { i: '2' } } },
    { name: 'y', op: 'Sub', input: ['parts:1', 'parts'] },
    { name: 'asFloat', op: 'Cast', input: ['shape'], attr: { DstT: { type: 'DT_FLOAT' } } },
  ],
  { w0: whole(0), w1: whole(1), w2: whole(2), w3: whole(3), two: number(2), axis: number(2) },
];

/** The loop of the first version of TensorFlow: x + 0 + 1 + 2, with what it adds kept in an array. */
const loop: NodeJson[] = [
  placeholder('x', '-1', '3'),
  {
    name: 'array',
    op: 'TensorArrayV3',
    input: ['three'],
    attr: { dtype: { type: 'DT_FLOAT' }, element_shape: { shape: { unknownRank: true } } },
  },
  { name: 'i0', op: 'Enter', input: ['zero'], attr: { frame_name: { s: 'Zg==' } } },
  { name: 'x0', op: 'Enter', input: ['x'], attr: { frame_name: { s: 'Zg==' } } },
  { name: 'f0', op: 'Enter', input: ['array:1'], attr: { frame_name: { s: 'Zg==' } } },
  {
    name: 'a0',
    op: 'Enter',
    input: ['array'],
    attr: { frame_name: { s: 'Zg==' }, is_constant: { b: true } },
  },
  {
    name: 'end',
    op: 'Enter',
    input: ['three'],
    attr: { frame_name: { s: 'Zg==' }, is_constant: { b: true } },
  },
  { name: 'im', op: 'Merge', input: ['i0', 'in'] },
  { name: 'xm', op: 'Merge', input: ['x0', 'xn'] },
  { name: 'fm', op: 'Merge', input: ['f0', 'fn'] },
  { name: 'less', op: 'Less', input: ['im', 'end'] },
  { name: 'cond', op: 'LoopCond', input: ['less'] },
  { name: 'is', op: 'Switch', input: ['im', 'cond'] },
  { name: 'xs', op: 'Switch', input: ['xm', 'cond'] },
  { name: 'fs', op: 'Switch', input: ['fm', 'cond'] },
  { name: 'one', op: 'Const', input: ['^is'] },
  { name: 'i1', op: 'AddV2', input: ['is:1', 'one'] },
  { name: 'if', op: 'Cast', input: ['is:1'], attr: { DstT: { type: 'DT_FLOAT' } } },
  { name: 'x1', op: 'AddV2', input: ['xs:1', 'if'] },
  { name: 'f1', op: 'TensorArrayWriteV3', input: ['a0', 'is:1', 'x1', 'fs:1'] },
  { name: 'in', op: 'NextIteration', input: ['i1'] },
  { name: 'xn', op: 'NextIteration', input: ['x1'] },
  { name: 'fn', op: 'NextIteration', input: ['f1'] },
  { name: 'y', op: 'Exit', input: ['xs'] },
  { name: 'fe', op: 'Exit', input: ['fs'] },
  {
    name: 'all',
    op: 'TensorArrayGatherV3',
    input: ['array', 'indices', 'fe'],
    attr: { dtype: { type: 'DT_FLOAT' }, element_shape: { shape: { unknownRank: true } } },
  },
];

const branch = (name: string, op: string) => ({
  signature: {
    name,
    inputArg: [{ name: 'a', type: 'DT_FLOAT' }],
    outputArg: [{ name: 'out', type: 'DT_FLOAT' }],
  },
  nodeDef: [{ name: `${name}_y`, op, input: ['a'] }],
  ret: { out: `${name}_y:y:0` },
});

describe('graph models', () => {
  test('shapes that are worked out from shapes stay open', async () => {
    const { worst, inputs } = await difference(graphOf(...flattened, ['y', 'flat', 'asFloat']), [
      { batch: 1, height: 4, width: 9 },
      { batch: 5, height: 301, width: 1 },
    ]);
    expect(inputs).toEqual({ x: { dtype: 'float32', shape: ['batch', 'height', 'width', 2] } });
    expect(worst).toBe(0);
  });

  test('names and numbers for open sizes', async () => {
    const named = { dimensions: [{ name: 'rows', axis: 1 }], shapes: { x: [undefined, undefined, 7, 2] } };
    const { inputs } = await difference(graphOf(...flattened, ['y']), [{ batch: 2, rows: 3 }], named);
    expect(inputs['x']!.shape).toEqual(['batch', 'rows', 7, 2]);
    const asked = (options: ConvertOptions) => difference(graphOf(...flattened, ['y']), undefined, options);
    await expect(asked({ shapes: { z: [1] } })).rejects.toThrow('has no input z; its inputs are: x');
    await expect(asked({ shapes: { x: [1, 2, 3, 4] } })).rejects.toThrow(
      '[?, ?, ?, 2], which [1, 2, 3, 4] does not fit',
    );
    await expect(asked({ dimensions: [{ name: 'c', axis: 3 }] })).rejects.toThrow(
      'no open dimension 3 to name c',
    );
  });

  test('a loop of known length is laid out, its array with it', async () => {
    const weights: Weights = { zero: number(0), three: number(3), one: number(1), indices: whole(0, 1, 2) };
    const nodes = loop.filter(({ op }) => op !== 'Const');
    const files = graphOf(nodes, weights, ['y', 'all']);
    files.model.modelTopology.node.find(({ name }) => name === 'one')!.input = ['^is'];
    const { worst } = await difference(files, [{ batch: 1 }, { batch: 6 }]);
    expect(worst).toBeLessThan(1e-6);
  });

  test('of a branch that constants decide, the side that is taken', async () => {
    const nodes = (condition: string): NodeJson[] => [
      placeholder('x', '-1', '2'),
      {
        name: 'y',
        op: 'StatelessIf',
        input: [condition, 'x'],
        attr: { then_branch: { func: { name: 'yes' } }, else_branch: { func: { name: 'no' } } },
      },
    ];
    const library = { function: [branch('yes', 'Exp'), branch('no', 'Neg')] };
    const weights: Weights = { t: number(1), f: number(0) };
    const taken = await difference(graphOf(nodes('t'), weights, ['y'], library));
    const other = await difference(graphOf(nodes('f'), weights, ['y'], library));
    expect([taken.worst, other.worst].every((worst) => worst < 1e-6)).toBe(true);
    expect([taken.nodes, other.nodes]).toEqual([1, 1]);
  });

  test('as many indices as there are', async () => {
    const nodes = [
      placeholder('x', '7', '5'),
      { name: 'large', op: 'Greater', input: ['x', 'half'] },
      { name: 'y', op: 'Where', input: ['large'] },
      { name: 'z', op: 'GatherNd', input: ['x', 'y'] },
    ];
    const { worst } = await difference(graphOf(nodes, { half: { shape: [], values: [0.5] } }, ['y', 'z']));
    expect(worst).toBe(0);
  });

  test.each(['float16', 'uint8', 'uint16'] as const)('weights of %s', async (dtype) => {
    const nodes = [placeholder('x', '-1', '3'), { name: 'y', op: 'MatMul', input: ['x', 'w'] }];
    const files = graphOf(nodes, { w: { shape: [3, 2], values: [0, 0, 0, 0, 0, 0] } }, ['y']);
    const stored = dtype === 'uint8' ? Uint8Array.of(0, 1, 2, 100, 200, 255) : Uint16Array.of(0x3c00, 0xbc01, 0x0001, 0x7bff, 0x8000, 0x3555); // prettier-ignore
    files.files = { 'w1.bin': new Uint8Array(stored.buffer), 'w2.bin': new Uint8Array() };
    files.model.weightsManifest[0]!.weights[0]!.quantization = { dtype, scale: 0.013, min: -1.1 };
    // TensorFlow.js's own reading of the same files.
    const own = await tf.loadGraphModel({
      load: async () => ({
        modelTopology: { ...files.model.modelTopology, versions: {} },
        weightSpecs: files.model.weightsManifest[0]!.weights as tf.io.WeightsManifestEntry[],
        weightData: stored.buffer as ArrayBuffer,
      }),
    });
    const { source } = await convertModel(await writeGraphModel(join(folder, dtype), files));
    expect([...source.weights['w']!.dataSync()]).toEqual([...own.weights['w']![0]!.dataSync()]);
    source.dispose();
    own.dispose();
  });
});

/** A model of layers, one of them of its own, saved as TensorFlow.js saves it. */
async function saveLayersModel(path: string): Promise<void> {
  await import(fileURLToPath(new URL('support/halving-layer.mjs', import.meta.url)));
  const Halving = tf.serialization.SerializationMap.getMap().classNameMap['Halving']![0] as unknown as new () => tf.layers.Layer; // prettier-ignore
  const input = tf.input({ shape: [null, null, 3] });
  let y = tf.layers
    .conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: 'same', useBias: true })
    .apply(input);
  y = tf.layers.batchNormalization({}).apply(y);
  y = new Halving().apply(tf.layers.reLU().apply(y));
  const features = tf.layers.globalAveragePooling2d({}).apply(y);
  const classes = tf.layers.dense({ units: 200, activation: 'softmax' }).apply(features);
  const model = tf.model({ inputs: input, outputs: [y, classes] as tf.SymbolicTensor[] });
  await model.save({
    save: async ({ modelTopology, weightSpecs, weightData }) => {
      const manifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      await writeFile(
        path,
        JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest: manifest }),
      );
      await writeFile(join(path, '../weights.bin'), new Uint8Array(weightData as ArrayBuffer));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    },
  });
}

describe('the command', () => {
  let own: string;
  beforeAll(async () => {
    own = await mkdtemp(join(folder, 'layers-'));
    await saveLayersModel(join(own, 'model.json'));
  });
  const layer = fileURLToPath(new URL('support/halving-layer.mjs', import.meta.url));
  const run = (...args: string[]) => scorebridge(own, ['convert', 'model.json', ...args]);

  test('a layers model with a layer of its own, which has to be told of', async () => {
    const refused = await run('--out', 'none.onnx');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      'scorebridge: The model has layers of its own (Halving): name a module that registers them with --import FILE.mjs.\n',
    ]);
    const { code, stdout, stderr } = await run('--out', 'a.onnx', '--import', layer, '--verify', '--json');
    expect(code, stderr).toBe(0);
    const result = JSON.parse(stdout) as { kind: string; deviations: { relative: number }[] };
    expect(result).toMatchObject({ kind: 'layers', opset: 21, tolerance: 1e-4, model: 'a.onnx' });
    expect(result.deviations).toHaveLength(4);
    expect(Math.max(...result.deviations.map(({ relative }) => relative))).toBeLessThan(1e-5);
  });

  test('half precision, 8-bit integers, weights beside the model, channels first, each opset', async () => {
    const variants = [
      ['h.onnx', '--fp16-weights', '--opset', '17'],
      ['f.onnx', '--fp16', '--opset', '18'],
      ['i.onnx', '--int8-weights', '--opset', '18'],
      ['e.onnx', '--external-data', '--opset', '19'],
      ['c.onnx', '--channels-first-inputs', '--opset', '20'],
    ];
    for (const [out, ...options] of variants) {
      const { code, stderr } = await run('--out', out!, '--import', layer, '--verify', ...options);
      expect(code, stderr).toBe(0);
    }
    expect((await stat(join(own, 'e.onnx.data'))).size).toBe(200 * 8 * 4);
    expect((await stat(join(own, 'h.onnx'))).size).toBeLessThan(
      (await stat(join(own, 'a.onnx'))).size - 3000,
    );
    expect((await run('--fp16', '--int8-weights')).stderr).toBe(
      "scorebridge: option '--fp16' cannot be used with option '--int8-weights'\n",
    );
    expect((await run('--opset', '16')).stderr).toMatch(
      /^scorebridge: .*whole number from 17 to 21[^\n]*\n$/,
    );
    const wrong = await run(
      '--out',
      'w.onnx',
      '--import',
      layer,
      '--verify',
      '--tolerance',
      '0',
      '--int8-weights',
    );
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(/more than 0: do not use w\.onnx as it is\.\n$/)]); // prettier-ignore
  });

  test.skipIf(whyNoPython())("each file passes ONNX's own checker", async () => {
    const python = await pythonWith('onnx', 'import onnx.checker, onnxruntime', [
      'onnx>=1.17,<2',
      'onnxruntime>=1.20,<2',
    ]);
    const check = fileURLToPath(new URL('support/check-onnx.py', import.meta.url));
    await python([check, ...['a', 'h', 'f', 'i', 'e', 'c'].map((name) => join(own, `${name}.onnx`))], own);
  });
});

test('the graph model of basic-pitch, at batches that were not traced', async () => {
  const path = fileURLToPath(import.meta.resolve('@spotify/basic-pitch/model/model.json'));
  const converted = await convertModel(path);
  const { source, inputs } = converted;
  const onnx = join(folder, 'pitch.onnx');
  await saveOnnx(onnx, converted);
  const deviations = await verifyModel(source, inputs, onnx, { sizes: [{ batch: 1 }, { batch: 2 }] });
  source.dispose();
  expect(Math.max(...deviations.map(({ relative }) => relative))).toBeLessThan(1e-4);
  expect((await readFile(onnx)).length).toBeLessThan(1e6);
});
