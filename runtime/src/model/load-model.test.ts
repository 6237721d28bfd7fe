import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CardError } from '../card/parse-card.js';
import { NotOnnxError } from '../card/onnx-metadata.js';
import { ProviderUnavailableError } from '../providers/provider.js';
import { langevin } from '../samplers/langevin.js';
import { sample } from '../sampling/sample.js';
import { FLOAT, node, value } from '../testing/onnx-file.js';
import { tinyCard, tinyClasses, tinyModel } from '../testing/tiny-model.js';
import { loadModel as loadInBrowser } from './browser.js';
import { ModelError } from './model-error.js';
import { loadModel } from './node.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
});
afterAll(() => rm(folder, { recursive: true }));

const x = Float32Array.from({ length: 18 }, (_, i) => i / 3 - 2);

test('predicts what the graph says, for one level and for one a sample', async () => {
  const model = await loadModel(tinyModel());
  expect(model.card).toEqual(tinyCard);
  const one = await model.predict(x, 2);
  one.forEach((p, i) => expect(p).toBeCloseTo(-x[i]! / 5, 6));
  const each = await model.predict(x, Float32Array.of(0, 1, 2));
  each.forEach((p, i) => expect(p).toBeCloseTo(-x[i]! / [1, 2, 5][Math.floor(i / 6)]!, 6));
  await model.release();
});

test('labels reach the graph, and without them the label for none', async () => {
  const model = await loadModel(tinyModel({ labelled: true }));
  const labelled = await model.predict(x, 1, Int32Array.of(2, 0, 1));
  labelled.forEach((p, i) => expect(p).toBeCloseTo(([2, 0, 1][Math.floor(i / 6)]! - x[i]!) / 2, 6));
  const unlabelled = await model.predict(x, 1);
  unlabelled.forEach((p, i) => expect(p).toBeCloseTo(-x[i]! / 2, 6));
  await model.release();
});

// The wasm provider of a browser runs in Node too.
test.each([
  ['Node', () => loadModel(tinyModel({ labelled: true, energy: true }))],
  ['a browser', () => loadInBrowser(tinyModel({ labelled: true, energy: true }), { provider: 'wasm' })],
])('in %s an energy model gives prediction and energy by one call', async (_, load) => {
  const model = await load();
  const label = Int32Array.of(2, 0, 1);
  const { prediction, energy } = await model.evaluate!(x, Float32Array.of(0, 1, 2), label);
  expect(prediction).toEqual(await model.predict(x, Float32Array.of(0, 1, 2), label));
  expect(energy).toHaveLength(3);
  energy.forEach((f, i) => {
    const distance = x.subarray(6 * i, 6 * i + 6).reduce((sum, v) => sum + (label[i]! - v) ** 2, 0);
    expect(f).toBeCloseTo(distance / (2 * [1, 2, 5][i]!), 4);
  });
  await expect(model.evaluate!(x, Float32Array.of(1))).rejects.toThrow('level has 1 numbers');
  await model.release();
  await expect(model.evaluate!(x, 1)).rejects.toThrow('The model was released; load it again.');
});

test('a model without an energy, or whose prediction is not its score, has no evaluate', async () => {
  for (const options of [{}, { energy: true, card: { ...tinyCard, parametrisation: 'eps' } }]) {
    const without = await loadModel(tinyModel(options));
    expect(without.evaluate).toBeUndefined();
    await without.release();
  }
});

test.each([
  ['Node', () => loadModel(tinyModel({ labelled: true, variance: true }))],
  ['a browser', () => loadInBrowser(tinyModel({ labelled: true, variance: true }), { provider: 'wasm' })],
])('in %s a model with a learned variance gives it with the prediction by one call', async (_, load) => {
  const model = await load();
  const [levels, label] = [Float32Array.of(0, 1, 2), Int32Array.of(2, 0, 1)];
  const { prediction, varianceShare } = await model.predictVariance!(x, levels, label);
  expect(prediction).toEqual(await model.predict(x, levels, label));
  expect(varianceShare).toEqual(x.map((value, i) => value * levels[Math.floor(i / 6)]!));
  await expect(model.predictVariance!(x, Float32Array.of(1))).rejects.toThrow('level has 1 numbers');
  await model.release();
  await expect(model.predictVariance!(x, 1)).rejects.toThrow('The model was released; load it again.');
  const without = await loadModel(tinyModel());
  expect(without.predictVariance).toBeUndefined();
  await without.release();
});

test('writes into the array it is given, a view of a larger one too', async () => {
  const model = await loadModel(tinyModel());
  const larger = new Float32Array(24).fill(9);
  const out = larger.subarray(3, 21);
  expect(await model.predict(x, 0, undefined, out)).toBe(out);
  out.forEach((p, i) => expect(p).toBeCloseTo(-x[i]!, 6));
  expect([...larger.subarray(0, 3), ...larger.subarray(21)]).toEqual([9, 9, 9, 9, 9, 9]);
  await model.release();
});

test('from a path, a file URL and a server, with progress', async () => {
  const bytes = tinyModel();
  const path = join(folder, 'tiny.onnx');
  await writeFile(path, bytes);
  const server = createServer((request, response) => {
    if (request.url !== '/tiny.onnx') return response.writeHead(404).end();
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const source of [path, pathToFileURL(path), pathToFileURL(path).href, `${address}/tiny.onnx`]) {
    const seen: unknown[] = [];
    const model = await loadModel(source, { onProgress: (progress) => seen.push(progress) });
    expect((await model.predict(x, 0))[0]).toBe(2);
    expect(seen.at(-1)).toEqual({ loaded: bytes.length, total: bytes.length });
    await model.release();
  }
  await expect(loadModel(`${address}/none.onnx`)).rejects.toThrow(
    `The server answers 404 Not Found for ${address}/none.onnx.`,
  );
  server.close();
});

test('release lets what was asked before end; the model refuses to predict afterwards', async () => {
  const model = await loadModel(tinyModel());
  const last = model.predict(x, 0);
  await model.release();
  expect((await last)[0]).toBe(2);
  await model.release();
  await expect(model.predict(x, 0)).rejects.toThrow('The model was released; load it again.');
});

test('an aborted load rejects with the reason', async () => {
  await expect(loadModel(tinyModel(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  });
});

const shape = ['batch', 2, 3];
const change = (graph: object) => tinyModel({ graph });

test.each<[string, Uint8Array | string, new (message: string) => Error, RegExp]>([
  ['a missing file', 'no/such.onnx', ModelError, /^The model cannot be read: ENOENT/],
  [
    'not an ONNX file',
    new TextEncoder().encode('hello, world'),
    NotOnnxError,
    /^The file is not an ONNX model/,
  ],
  [
    'a truncated file',
    tinyModel().subarray(0, 300),
    NotOnnxError,
    /cut off: a field ends at byte \d+ of 300\.$/,
  ],
  ['no card', tinyModel({ card: null }), CardError, /^The ONNX model has no card/],
  ['a newer card', tinyModel({ card: { format: '3.1' } }), CardError, /format 3\.1; .* reads 1\.x/],
  [
    'an unknown operator',
    change({ nodes: [node('Telepathy', ['x'], ['prediction'])] }),
    ModelError,
    /^ONNX Runtime does not load the model: .*Telepathy/,
  ],
  [
    'other inputs',
    change({ inputs: [value('x', FLOAT, shape), value('level', FLOAT, ['batch']), value('z', FLOAT, [1])] }),
    ModelError,
    /^Not a score model: its inputs are x, level, z; expected x, level\.$/,
  ],
  [
    'no label input',
    tinyModel({ card: { ...tinyCard, classes: tinyClasses } }),
    ModelError,
    /^Not a score model: its inputs are x, level; expected x, level, label\.$/,
  ],
  [
    'other outputs',
    change({ outputs: [value('variance', FLOAT, ['batch'])] }),
    ModelError,
    /^Not a score model: its outputs are variance; expected prediction\.$/,
  ],
  [
    'another shape',
    tinyModel({ card: { ...tinyCard, shape: [3, 2] } }),
    ModelError,
    /^The model's 'x' is float32 \[batch, 2, 3\]; its card says float32 \[batch, 3, 2\] with an open batch\.$/,
  ],
  [
    'a fixed batch',
    change({ inputs: [value('x', FLOAT, [1, 2, 3]), value('level', FLOAT, ['batch'])] }),
    ModelError,
    /^The model's 'x' is float32 \[1, 2, 3\]; its card says float32 \[batch, 2, 3\] with an open batch\.$/,
  ],
  [
    'an energy that is not one number a sample',
    change({
      outputs: [value('prediction', FLOAT, shape), value('energy', FLOAT, shape)],
      nodes: [node('Neg', ['x'], ['prediction']), node('Neg', ['x'], ['energy'])],
    }),
    ModelError,
    /^The model's 'energy' is float32 \[batch, 2, 3\]; its card says float32 \[batch\] with an open batch\.$/,
  ],
  [
    'a variance of another shape',
    change({
      outputs: [value('prediction', FLOAT, shape), value('variance_share', FLOAT, ['batch'])],
      nodes: [node('Neg', ['x'], ['prediction']), node('Neg', ['level'], ['variance_share'])],
    }),
    ModelError,
    /^The model's 'variance_share' is float32 \[batch\]; its card says float32 \[batch, 2, 3\] with an open batch\.$/,
  ],
  [
    'another type',
    tinyModel({
      labelled: true,
      graph: {
        inputs: [value('x', FLOAT, shape), value('level', FLOAT, ['batch']), value('label', 7, ['batch'])],
      },
    }),
    ModelError,
    /^The model's 'label' is int64 \[batch\]; its card says int32 \[batch\] with an open batch\.$/,
  ],
])('refuses %s', async (_, source, type, message) => {
  await expect(loadModel(source)).rejects.toThrow(message);
  await expect(loadModel(source)).rejects.toBeInstanceOf(type);
});

test.each<[string, (m: Awaited<ReturnType<typeof loadModel>>) => Promise<unknown>, string]>([
  [
    'x',
    (m) => m.predict(x.subarray(1), 0),
    'x has 17 numbers; expected a multiple of 6, shape [batch, 2, 3].',
  ],
  [
    'level',
    (m) => m.predict(x, Float32Array.of(1)),
    'level has 1 numbers; expected one, or one for each of 3 samples.',
  ],
  ['label', (m) => m.predict(x, 0, new Int32Array(3)), 'The model has no classes, so leave label out.'],
  [
    'out',
    (m) => m.predict(x, 0, undefined, new Float32Array(6)),
    'out has 6 numbers; expected 18, as many as x.',
  ],
])('predict refuses a wrong %s', async (_, call, message) => {
  const model = await loadModel(tinyModel());
  await expect(call(model)).rejects.toThrow(new RangeError(message));
  await model.release();
});

test('a provider that is not there, by name and with those that are', async () => {
  await expect(loadModel(tinyModel(), { provider: 'wasm' })).rejects.toThrow(
    new ProviderUnavailableError('wasm', ['cpu', 'webgpu']),
  );
  await expect(loadModel(tinyModel(), { threads: 0 })).rejects.toThrow(
    /threads is 0; expected a positive integer/,
  );
});

test('sampling with a loaded model does what the recurrence says (seed 6)', async () => {
  const model = await loadModel(tinyModel(), { provider: 'cpu', threads: 1 });
  expect(model.provider).toEqual({ name: 'cpu', reason: 'asked for' });
  const initial = Float32Array.from({ length: 300 * 6 }, (_, i) => (i % 7) - 3);
  const options = { sampler: langevin({ eps: 1e-3, level: 5 }), steps: 20, count: 300, seed: 6, initial };
  const run = async (source: Parameters<typeof sample>[0]) => (await sample(source, options).result).samples;
  const closed = {
    card: tinyCard,
    predict: async (v: Float32Array, level: number | Float32Array) =>
      v.map((p) => -p / (1 + (level as number) ** 2)),
  };
  const expected = await run(closed);
  (await run(model)).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  await model.release();
});
