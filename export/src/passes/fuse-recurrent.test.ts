import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { exportFunction, forFile } from '../score-model/export-function.js';
import { exportDifference, floats, type Input } from '../testing/parity.js';
import { trace, type TracedFunction } from '../trace/trace.js';

beforeAll(() => tf.setBackend('cpu'));

let seed = 1;
const drawn = () => tf.initializers.randomNormal({ stddev: 0.5, seed: seed++ });
const options = (units: number) => ({
  units,
  recurrentActivation: 'sigmoid' as const,
  kernelInitializer: drawn(),
  recurrentInitializer: drawn(),
  biasInitializer: drawn(),
});

type Layer = tf.layers.Layer;
const sequences = floats(['batch', 7, 5]);

/** A model of layers, built, as a function. */
function modelOf(layers: readonly Layer[], shape: number[] = [7, 5]): TracedFunction {
  const x = tf.input({ shape });
  const y = layers.reduce<tf.SymbolicTensor>((h, layer) => layer.apply(h) as tf.SymbolicTensor, x);
  const model = tf.model({ inputs: x, outputs: y });
  return ({ x }) => ({ y: model.apply(x!) as tf.Tensor });
}

const opsOf = (fn: TracedFunction, inputs: Record<string, Input>): string[] =>
  forFile(trace(fn, inputs).graph).nodes.map(({ op }) => op);

const lstm = (more: object = {}) => tf.layers.lstm({ ...options(6), ...more } as never);
const gru = (more: object = {}) => tf.layers.gru({ ...options(4), ...more } as never);

describe('layers become one operator each', () => {
  test.each<[string, () => Layer[], string[]]>([
    ['lstm', () => [lstm()], ['Transpose', 'LSTM', 'Reshape']],
    ['gru', () => [gru()], ['Transpose', 'GRU', 'Reshape']],
    ['as wide as its input', () => [lstm({ units: 5 })], ['Transpose', 'LSTM', 'Reshape']],
    ['relu', () => [gru({ activation: 'relu' })], ['Transpose', 'GRU', 'Reshape']],
    ['no biases', () => [lstm({ useBias: false }), ], ['Transpose', 'LSTM', 'Reshape']],
    ['no biases, gru', () => [gru({ useBias: false })], ['Transpose', 'GRU', 'Reshape']],
    ['all states', () => [lstm({ returnSequences: true })], ['Transpose', 'LSTM', 'Reshape', 'Transpose']],
    ['stacked', () => [lstm({ returnSequences: true }), gru({ returnSequences: true }), lstm()], ['Transpose', 'LSTM', 'Reshape', 'GRU', 'Reshape', 'LSTM', 'Reshape']],
    ['backwards', () => [gru({ goBackwards: true })], ['Slice', 'Transpose', 'GRU', 'Reshape']],
  ])('%s', async (_, make, ops) => {
    const fn = modelOf(make());
    expect(opsOf(fn, { x: sequences })).toEqual(ops);
    expect((await exportDifference(fn, { x: sequences }))['y']).toBeLessThan(2e-6);
  }); // prettier-ignore

  test('both ways', async () => {
    const fn = modelOf([tf.layers.bidirectional({ layer: lstm() as never, mergeMode: 'concat' })]);
    expect(opsOf(fn, { x: sequences }).filter((op) => op === 'LSTM')).toHaveLength(2);
    expect((await exportDifference(fn, { x: sequences }))['y']).toBeLessThan(2e-6);
  });
});

test('a state to begin with, and the states at the end', async () => {
  const layer = lstm({ returnState: true });
  layer.apply(tf.input({ shape: [7, 5] }));
  const fn: TracedFunction = ({ x, h, c }) => {
    const [, last, cells] = layer.apply([x!, h!, c!]) as tf.Tensor[];
    return { last: last!, cells: cells! };
  };
  const inputs = { x: sequences, h: floats(['batch', 6]), c: floats(['batch', 6]) };
  const ops = opsOf(fn, inputs);
  expect(ops.filter((op) => op === 'LSTM')).toHaveLength(1);
  expect(ops).not.toContain('MatMul');
  const found = await exportDifference(fn, inputs);
  for (const name of ['last', 'cells']) expect(found[name], name).toBeLessThan(2e-6);
});

test('steps whose states are read on their way stay as they are', { tags: ['long'] }, async () => {
  const layer = gru({ returnSequences: true });
  layer.apply(tf.input({ shape: [7, 5] }));
  const fn: TracedFunction = ({ x }) => ({ y: tf.grad((x) => tf.sum(layer.apply(x) as tf.Tensor))(x!) });
  expect(opsOf(fn, { x: sequences })).not.toContain('GRU');
  expect((await exportDifference(fn, { x: sequences }))['y']).toBeLessThan(1e-5);
});

test.each([lstm, gru])('gates that the WebGPU provider does not have stay', async (make) => {
  const fn = modelOf([make({ recurrentActivation: 'hardSigmoid' })]);
  const ops = opsOf(fn, { x: sequences });
  for (const op of ['LSTM', 'GRU']) expect(ops).not.toContain(op);
  expect((await exportDifference(fn, { x: sequences }))['y']).toBeLessThan(2e-6);
});

test('a shared layer of one step is no sequence', () => {
  expect(opsOf(modelOf([lstm()], [1, 5]), { x: floats(['batch', 1, 5]) })).not.toContain('LSTM');
});

test('weights are in the file once', () => {
  const layers = [lstm({ units: 64, returnSequences: true }), gru({ units: 64 })];
  const { model } = exportFunction(modelOf(layers), { x: sequences });
  const count = (inputs: number) => 64 * 4 * (inputs + 64 + 2) + 64 * 3 * (64 + 64 + 2);
  expect(model.length).toBeLessThan(4 * count(5) * 1.05);
});
