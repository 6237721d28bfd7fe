import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { inLayer } from '../graph/source.js';
import { exportFunction } from '../score-model/export-function.js';
import { convertGraph, graphFunction, node } from '../testing/graph-model.js';
import { floats, randomNumbers } from '../testing/parity.js';
import { ifElse, whileLoop } from '../trace/control-flow.js';
import { ModelProto, type GraphMessage, type Model, type NodeMessage } from './schema.js';

beforeAll(() => tf.setBackend('cpu'));

/** All nodes of a model, those of bodies after the one that they are of. */
function nodesOf(model: Uint8Array): NodeMessage[] {
  const within = ({ node }: GraphMessage): NodeMessage[] =>
    node.flatMap((n) => [n, ...n.attribute.flatMap(({ g }) => (g ? within(g) : []))]);
  return within((ModelProto.decode(model) as unknown as Model).graph);
}

const metadata = ({ metadataProps = [] }: NodeMessage) =>
  Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
const named = (model: Uint8Array) =>
  Object.fromEntries(nodesOf(model).map((n): [string, Record<string, string>] => [n.name, metadata(n)]));

class Halving extends tf.layers.Layer {
  static className = 'Halving';

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.div([inputs].flat()[0]!, 2);
  }
}

const image = { x: floats(['batch', 8, 8, 3]) };

/** A model within a model, with a custom layer, a batch norm that is folded and an output with a name of its own. */
function nested(): tf.LayersModel {
  const random = randomNumbers();
  const inner = tf.sequential({
    name: 'encoder',
    layers: [
      tf.layers.conv2d({
        filters: 4,
        kernelSize: 3,
        activation: 'relu',
        inputShape: [8, 8, 3],
        name: 'conv1',
      }),
      tf.layers.conv2d({ filters: 2, kernelSize: 3, useBias: false, name: 'conv2' }),
      tf.layers.batchNormalization({ name: 'norm' }),
    ],
  });
  const x = tf.input({ shape: [8, 8, 3] });
  const chain = [
    inner,
    new Halving({ name: 'half' }),
    tf.layers.flatten({ name: 'flat' }),
    tf.layers.dense({ units: 5, activation: 'softmax', name: 'head' }),
  ];
  const y = chain.reduce((value, layer) => layer.apply(value) as tf.SymbolicTensor, x);
  const model = tf.model({ inputs: x, outputs: y });
  for (const weight of model.weights) {
    const size = weight.shape.reduce<number>((p, d) => p * d!, 1);
    weight.write(
      tf.tensor(
        Float32Array.from({ length: size }, () => 0.5 + random()),
        weight.shape as number[],
      ),
    );
  }
  return model;
}

test('the nodes of a layers model are called after its layers, and say which these are', () => {
  const model = nested();
  const { apply } = tf.layers.Layer.prototype;
  const fn = ({ x }: Record<string, tf.Tensor>) => ({ y: model.predict(x!) as tf.Tensor });
  const options = { layers: tf.layers };
  const written = exportFunction(fn, image, options);
  const nodes = named(written.model);
  expect(nodes['encoder/conv1/Conv']).toEqual({
    'tfjs.kernel': 'FusedConv2D',
    'tfjs.layer': 'encoder/conv1',
    'tfjs.type': 'Conv2D',
  });
  expect(nodes['encoder/conv1/Relu']!['tfjs.layer']).toBe('encoder/conv1');
  expect(nodes['encoder/conv2/Conv']).toEqual({
    'tfjs.kernel': 'FusedConv2D',
    'tfjs.layer': 'encoder/conv2',
    'tfjs.type': 'Conv2D',
    'tfjs.joined': 'encoder/norm',
  });
  expect(Object.keys(nodes).filter((name) => name.startsWith('encoder/norm'))).toEqual([]);
  expect(nodes['half/Div']).toEqual({
    'tfjs.kernel': 'RealDiv',
    'tfjs.layer': 'half',
    'tfjs.type': 'Halving',
  });
  // A transpose that was moved on behind the layer after it is still that of the convolution.
  expect(nodes['encoder/conv2/Transpose']!['tfjs.kernel']).toBe('FusedConv2D');
  expect(nodes).not.toHaveProperty('half/Transpose');
  // The output of the graph has a name of its own, the node that makes it that of its layer.
  expect(nodesOf(written.model).find(({ output }) => output[0] === 'y')!.name).toBe('head/Softmax');
  expect(Object.keys(nodes)).toHaveLength(nodesOf(written.model).length);
  expect(exportFunction(fn, image, options).model).toEqual(written.model);
  expect(tf.layers.Layer.prototype.apply).toBe(apply);
  expect(Object.keys(named(exportFunction(fn, image).model))).not.toContain('encoder/conv1/Conv');
});

test('a function that throws leaves the layers as they were', () => {
  const { apply } = tf.layers.Layer.prototype;
  const fails = () => {
    throw new Error('no');
  };
  expect(() => exportFunction(fails, image, { layers: tf.layers })).toThrow('no');
  expect(tf.layers.Layer.prototype.apply).toBe(apply);
});

test('inLayer names what is made within, bodies of branches and loops too; the innermost counts', () => {
  const { model } = exportFunction(
    ({ x }) =>
      inLayer('outer', () => {
        const positive = tf.greater(tf.sum(x!), 0);
        const { z } = ifElse(
          positive,
          () => ({ z: inLayer('yes', () => tf.exp(x!), 'Branch') }),
          () => ({ z: tf.neg(x!) }),
        );
        const goesOn = ({ v }: { v: tf.Tensor }) => tf.less(tf.sum(v), 10);
        const { v } = whileLoop(goesOn, ({ v }) => ({ v: inLayer('round', () => tf.add(v, 1)) }), { v: z });
        return { y: tf.sqrt(v) };
      }),
    { x: floats([4]) },
  );
  const nodes = named(model);
  for (const name of ['outer/If', 'outer/Loop', 'outer/Neg', 'outer/Less', 'outer/Less_2'])
    expect(nodes[name]?.['tfjs.layer'], name).toBe('outer');
  expect(nodes['yes/Exp']).toEqual({ 'tfjs.kernel': 'Exp', 'tfjs.layer': 'yes', 'tfjs.type': 'Branch' });
  expect(nodes['round/Add']).toEqual({ 'tfjs.kernel': 'Add', 'tfjs.layer': 'round' });
  expect(nodesOf(model).find(({ output }) => output[0] === 'y')!.name).toBe('outer/Sqrt');
  expect(Object.keys(nodes)).toHaveLength(nodesOf(model).length);
});

test('a node has the line that it comes from where that is asked for: no folder, only the name of the file', () => {
  const here = Number(/:(\d+):\d+\)?$/.exec(new Error().stack!.split('\n')[1]!)![1]);
  const fn = ({ x }: Record<string, tf.Tensor>) => ({
    y: tf.exp(x!),
    z: tf.softmax(tf.neg(x!)),
  });
  const inputs = { x: floats([2, 3]) };
  const found = nodesOf(exportFunction(fn, inputs, { lines: true }).model);
  const lines = Object.fromEntries(found.map((n) => [n.opType, metadata(n)['tfjs.line']]));
  expect(lines).toEqual({
    Exp: `sources.test.ts:${here + 2}`,
    Neg: `sources.test.ts:${here + 3}`,
    Softmax: `sources.test.ts:${here + 3}`,
  });
  for (const n of nodesOf(exportFunction(fn, inputs).model))
    expect(metadata(n)).not.toHaveProperty('tfjs.line');
});

test('files of older opsets, whose nodes have no metadata, say it in descriptions; no file does where it shall not', () => {
  const fn = ({ x }: Record<string, tf.Tensor>) => ({ y: inLayer('first', () => tf.exp(x!), 'Exponential') });
  const only = (options: object) => nodesOf(exportFunction(fn, { x: floats([3]) }, options).model)[0]!;
  const old = only({ opset: 20 });
  expect([old.name, metadata(old)]).toEqual(['first/Exp', {}]);
  expect(old.docString).toBe('tfjs.kernel: Exp\ntfjs.layer: first\ntfjs.type: Exponential');
  const none = only({ sources: false });
  expect([none.name, metadata(none), none.docString]).toEqual(['first/Exp', {}, '']);
});

test('the nodes of a graph model are called after its nodes, those of a function after its caller too', async () => {
  const graph = {
    constants: { w: tf.tensor2d([[0.5, -1], [1, 0.5]]), b: tf.tensor1d([1, 2]) },
    nodes: [
      node('model/dense/MatMul', 'MatMul', ['x', 'w']),
      node('model/dense/BiasAdd', 'BiasAdd', ['model/dense/MatMul', 'b']),
      node('model/call', 'StatefulPartitionedCall', ['model/dense/BiasAdd'], { f: { func: { name: 'act' } } }),
      node('y', 'Identity', ['model/call:0']),
    ],
    functions: [graphFunction('act', ['a'], [node('relu', 'Relu', ['a']), node('exp', 'Exp', ['relu:activations:0'])], ['exp:y:0'])],
  }; // prettier-ignore
  const { model, source } = await convertGraph(graph, { x: floats(['batch', 2]) }, ['y']);
  source.dispose();
  const layers = nodesOf(model).map((n) => {
    const { 'tfjs.layer': layer, 'tfjs.type': type, 'tfjs.joined': joined } = metadata(n);
    return [n.name, layer, type, ...(joined ? [joined] : [])];
  });
  expect(layers).toEqual([
    ['model/dense/MatMul/Gemm', 'model/dense/MatMul', 'MatMul', 'model/dense/BiasAdd'],
    ['model/call/relu/Relu', 'model/call/relu', 'Relu'],
    ['model/call/exp/Exp', 'model/call/exp', 'Exp'],
  ]);
});
