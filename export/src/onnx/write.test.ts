import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSession, readMetadata } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Value, topological } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { exportFunction } from '../score-model/export-function.js';
import { floats, randomNumbers } from '../testing/parity.js';
import { saveOnnx } from './save.js';
import { ModelProto, type Model } from './schema.js';
import { writeOnnx } from './write.js';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
});
afterAll(() => rm(folder, { recursive: true }));

const decode = (model: Uint8Array) =>
  ModelProto.toObject(ModelProto.decode(model), { longs: Number, defaults: true }) as Model;

const run = async (model: Uint8Array | string, feeds: Record<string, Tensor>) => {
  const { session } = await createSession(model, { provider: 'cpu' });
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, t]) => [name, Array.from(t.data as Float32Array)]),
  );
};

const input = (name: string, shape: number[], dtype: Value['dtype'] = 'float32') => {
  const value = new Value(dtype, [shape]);
  value.name = name;
  return value;
};
const graphOf = (inputs: Value[], outputs: Record<string, Value>) => ({
  inputs,
  outputs: Object.entries(outputs).map(([name, value]) => ({ name, value })),
  nodes: topological(Object.values(outputs)),
});

test('opset 21, IR 10, and metadata that the runtime reads', () => {
  const metadata = { 'scorebridge.card': '{"format":"1"}', note: 'ä \n"' };
  const { model } = exportFunction(
    ({ x }) => ({ y: tf.neg(x!) }),
    { x: floats(['batch', 2]) },
    { metadata, name: 'm' },
  );
  const decoded = decode(model);
  expect([decoded.irVersion, decoded.opsetImport, decoded.graph.name]).toEqual([
    10,
    [{ domain: '', version: 21 }],
    'm',
  ]);
  expect(readMetadata(model)).toEqual(metadata);
});

test('weights keep the names of their variables, also those that were transposed', () => {
  const random = randomNumbers();
  const variable = (name: string, shape: number[]) =>
    tf.variable(
      tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, random), shape),
      true,
      name,
    );
  const [kernel, bias, unused] = [
    variable('conv/kernel', [3, 3, 2, 4]),
    variable('conv/bias', [4]),
    variable('unused', [3]),
  ];
  const table = tf.tensor2d([[1, 2], [3, 4]]); // prettier-ignore
  const { model } = exportFunction(
    ({ x, i }) => ({
      y: tf.add(tf.conv2d(x as tf.Tensor4D, kernel as unknown as tf.Tensor4D, 1, 'same'), bias),
      e: tf.gather(table, i as tf.Tensor1D),
    }),
    { x: floats(['batch', 4, 4, 2]), i: { dtype: 'int32', shape: ['batch'] } },
    { names: { 'embedding/table': table } },
  );
  const { initializer, input, output } = decode(model).graph;
  const named = Object.fromEntries(initializer.map((t) => [t.name, t.dims]));
  expect(named).toMatchObject({ 'conv/kernel': [4, 2, 3, 3], 'conv/bias': [4], 'embedding/table': [2, 2] });
  expect(named).not.toHaveProperty('unused');
  expect(input.map((v) => v.type.tensorType.shape.dim[0]!.dimParam)).toEqual(['batch', 'batch']);
  expect(
    output.map((v) => [v.name, v.type.tensorType.shape.dim.map((d) => d.dimParam || d.dimValue)]),
  ).toEqual([
    ['y', ['batch', 4, 4, 4]],
    ['e', ['batch', 2]],
  ]);
  tf.dispose([kernel, bias, unused, table]);
});

describe('odd graphs', () => {
  test('a value that is input and output, two outputs that are one, a constant output', async () => {
    const x = input('x', [2]);
    const y = g.unary('Neg', x);
    const { model } = writeOnnx(graphOf([x], { same: x, y, again: y, k: g.constant('float32', [1], [7]) }));
    expect(await run(model, { x: new Tensor('float32', [1, 2], [2]) })).toEqual({
      same: [1, 2],
      y: [-1, -2],
      again: [-1, -2],
      k: [7],
    });
  });

  test('empty tensors', async () => {
    const x = input('x', [2, 3]);
    const none = g.constant('float32', [2, 0], []);
    const { model } = writeOnnx(
      graphOf([x], { y: g.concat([x, none], 1), s: g.reduce('ReduceSum', none, [1], false) }),
    );
    const results = await run(model, { x: new Tensor('float32', [1, 2, 3, 4, 5, 6], [2, 3]) });
    expect(results).toEqual({ y: [1, 2, 3, 4, 5, 6], s: [0, 0] });
  });

  test('float attributes, also whole ones', async () => {
    const x = input('x', [2]);
    const outputs = { a: g.unary('LeakyRelu', x, { alpha: 0.25 }), b: g.unary('LeakyRelu', x, { alpha: 2 }) };
    const { model } = writeOnnx(graphOf([x], outputs));
    expect(await run(model, { x: new Tensor('float32', [-4, 4], [2]) })).toEqual({ a: [-1, 4], b: [-8, 4] });
  });

  test('names that collide are told apart', async () => {
    const x = input('x', [1]);
    const constants = [1, 10, 100].map((v) => {
      const c = g.constant('float32', [1], [v]);
      c.name = v === 1 ? 'y' : 'w';
      return c;
    });
    const { model } = writeOnnx(graphOf([x], { y: constants.reduce(g.add, x) }));
    expect(decode(model).graph.initializer.map(({ name }) => name)).toEqual(['y_2', 'w', 'w_2']);
    expect(await run(model, { x: new Tensor('float32', [1000], [1]) })).toEqual({ y: [1111] });
  });

  test('a reversed axis beside an end that follows the batch', async () => {
    const x = new Value('float32', [[3, 2], [5, 2]]); // prettier-ignore
    x.name = 'x';
    const ends = x.shapes.map(([b]) => [b! - 1, -1]);
    const y = g.slice(x, [[0, 1], [0, 1]], ends, [1, -1]); // prettier-ignore
    const { model } = writeOnnx({ ...graphOf([x], { y }), symbols: { batch: [3, 5] } });
    expect(await run(model, { x: new Tensor('float32', [1, 2, 3, 4], [2, 2]) })).toEqual({ y: [2, 1] });
  });
});

describe('weights beside the model', () => {
  const weights = [600, 2000].map((n, k) => Float32Array.from({ length: n }, (_, i) => i * (k + 1)));
  const written = () => {
    const [a, b] = weights.map((w) => tf.tensor1d(w));
    return exportFunction(
      ({ x }) => ({
        y: tf.add(tf.sum(tf.mul(x!, a!)), tf.sum(tf.mul(x!.reshape([1]), tf.neg(tf.mul(b!, x!))))),
      }),
      { x: floats([1]) },
      { externalAbove: 4000, externalFile: 'model.onnx.data' },
    );
  };
  const x = () => new Tensor('float32', [2], [1]);
  const sum = (w: Float32Array) => w.reduce((s, v) => s + v, 0);

  test('load from disk and give the same numbers', async () => {
    const model = written();
    expect(model.externalFile).toBe('model.onnx.data');
    expect(model.external.map(({ offset }) => offset % 4096)).toEqual(model.external.map(() => 0));
    const path = join(folder, 'model.onnx');
    await saveOnnx(path, model);
    expect((await readdir(folder)).sort()).toEqual(['model.onnx', 'model.onnx.data']);
    const [y] = (await run(path, { x: x() }))['y']!;
    expect(y).toBeCloseTo(2 * sum(weights[0]!) - 4 * sum(weights[1]!), -2);
  });

  test('a failure leaves what was there, and nothing half-written', async () => {
    const path = join(folder, 'kept.onnx');
    await writeFile(path, 'before');
    await expect(saveOnnx(path, { ...written(), externalFile: 'no/such/folder' })).rejects.toThrow('ENOENT');
    expect(await readFile(path, 'utf8')).toBe('before');
    expect((await readdir(folder)).filter((name) => name.includes('unfinished'))).toEqual([]);
    await expect(saveOnnx(join(folder, 'missing', 'm.onnx'), written())).rejects.toThrow('ENOENT');
  });

  test('are refused where no file is named for them', () => {
    expect(() =>
      exportFunction(
        ({ x }) => ({ y: tf.mul(x!, tf.tensor1d(weights[0]!)) }),
        { x: floats([1]) },
        { externalAbove: 100 },
      ),
    ).toThrow('name a file for them (externalFile)');
  });
});

describe('a reshape of several open sizes', () => {
  const open = (to: (b: number, l: number) => number[]) => {
    const sizes = [[2, 3], [5, 7]] as const; // prettier-ignore
    const x = new Value('float32', sizes.map(([b, l]) => [b, l, 6])); // prettier-ignore
    x.name = 'x';
    const y = g.reshape(x, sizes.map(([b, l]) => to(b, l))); // prettier-ignore
    return writeOnnx({ ...graphOf([x], { y }), symbols: { b: [2, 5], l: [3, 7] } }).model;
  };
  const x = new Tensor(
    'float32',
    Float32Array.from({ length: 48 }, (_, i) => i),
    [4, 2, 6],
  );
  test.each<[string, (b: number, l: number) => number[], number[], string[]]>([
    ['in their places', (b, l) => [b, l, 2, 3], [4, 2, 2, 3], ['Reshape']],
    [
      'of which one is made',
      (b, l) => [b, 2 * l, 3],
      [4, 4, 3],
      ['Shape', 'Shape', 'Mul', 'Concat', 'Reshape'],
    ],
    ['that change their places', (b, l) => [l, b, 6], [2, 4, 6], ['Shape', 'Shape', 'Concat', 'Reshape']],
  ])('%s', async (_, to, dims, ops) => {
    const model = open(to);
    expect(decode(model).graph.node.map(({ opType }) => opType)).toEqual(ops);
    const { session } = await createSession(model, { provider: 'cpu' });
    const { y } = await session.run({ x });
    expect([y!.dims, y!.data]).toEqual([dims, x.data]);
    if (to(4, 2)[0] === 4) {
      const empty = await session.run({ x: new Tensor('float32', new Float32Array(0), [0, 2, 6]) });
      expect(empty['y']!.dims).toEqual(to(0, 2));
    }
    await session.release();
  });
});
