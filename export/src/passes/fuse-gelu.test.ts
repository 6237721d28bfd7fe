import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import type { Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { exportFunction, forFile } from '../score-model/export-function.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { exportDifference, floats } from '../testing/parity.js';
import { print } from '../testing/print.js';
import { graphDifference } from '../testing/run-graph.js';
import { trace, type TracedFunction } from '../trace/trace.js';
import { fuseGelu } from './fuse-gelu.js';

const x = graphInput('x', [64]);
const n = (number: number) => g.scalar(number, x);
const erf = (v: Value) => g.unary('Erf', v);
const oneMore = (v: Value) => g.add(n(1), v);
const cube = g.mul(x, g.mul(x, x));
const tanhOf = (cubic: Value, root = Math.sqrt(2 / Math.PI)) =>
  g.mul(x, g.mul(n(0.5), oneMore(g.unary('Tanh', g.mul(n(root), g.add(x, cubic))))));

test('before and after', () => {
  const graph = graphOf([x], { y: g.mul(g.mul(x, n(0.5)), oneMore(erf(g.div(x, n(Math.SQRT2))))) });
  expect(print(graph)).toEqual([
    '%1 = Mul(x, 0.5) [64]',
    '%2 = Div(x, 1.4142135381698608) [64]',
    '%3 = Erf(%2) [64]',
    '%4 = Add(1, %3) [64]',
    '%5 = Mul(%1, %4) [64]',
    'y: %5',
  ]);
  expect(print(fuseGelu(graph))).toEqual(['%1 = Gelu(x) approximate=none [64]', 'y: %1']);
});

test.each<[string, Value, string]>([
  ['a factor', g.mul(n(0.5), g.mul(oneMore(erf(g.mul(x, n(Math.SQRT1_2)))), x)), 'none'],
  ['a tanh', tanhOf(g.mul(n(0.044715), cube)), 'tanh'],
  ['a tanh of a power', tanhOf(g.mul(g.binary('Pow', x, n(3)), n(0.044715))), 'tanh'],
])('by %s', async (_, y, approximate) => {
  const graph = graphOf([x], { y });
  const fused = fuseGelu(graph);
  expect(print(fused)[0]).toBe(`%1 = Gelu(x) approximate=${approximate} [64]`);
  expect(await graphDifference(graph, fused)).toBeLessThan(1e-6);
});

const other = g.unary('Neg', x);
test.each<[string, Value, Value?]>([
  ['another root', g.mul(g.mul(x, n(0.5)), oneMore(erf(g.div(x, n(1.5)))))],
  ['another half', g.mul(g.mul(x, n(0.25)), oneMore(erf(g.div(x, n(Math.SQRT2)))))],
  ['another x', g.mul(g.mul(other, n(0.5)), oneMore(erf(g.div(x, n(Math.SQRT2)))))],
  ['another cubic', tanhOf(g.mul(n(0.044), cube))],
  ['a square', tanhOf(g.mul(n(0.044715), g.mul(x, x)))],
  ['another root of the tanh', tanhOf(g.mul(n(0.044715), cube), 0.8)],
])('%s is none', (_, y) => {
  const graph = graphOf([x], { y });
  expect(fuseGelu(graph).nodes).toEqual(graph.nodes);
});

test('what is read on the way stays', () => {
  const curve = erf(g.div(x, n(Math.SQRT2)));
  const graph = graphOf([x], { y: g.mul(g.mul(x, n(0.5)), oneMore(curve)), z: curve });
  expect(fuseGelu(graph).nodes).toEqual(graph.nodes);
});

test('squares of squares, whose factors double each time, take no time', () => {
  let y: Value = x;
  for (let k = 0; k < 60; k++) y = g.mul(y, y);
  const graph = graphOf([x], { y });
  expect(fuseGelu(graph).nodes).toEqual(graph.nodes);
});

test('of TensorFlow.js, where the opset has it', async () => {
  const fn: TracedFunction = ({ x }) => ({
    y: tf.mul(tf.mul(x!, 0.5), tf.add(tf.erf(tf.div(x!, Math.SQRT2)), 1)),
  });
  const inputs = { x: floats(['batch', 5]) };
  const ops = (opset: number) => forFile(trace(fn, inputs).graph, opset).nodes.map(({ op }) => op);
  expect(ops(20)).toEqual(['Gelu']);
  expect(ops(19)).toHaveLength(5);
  expect(exportFunction(fn, inputs, { opset: 19 }).model.length).toBeGreaterThan(0);
  // TensorFlow.js approximates erf to 1.5e-7.
  expect((await exportDifference(fn, inputs))['y']).toBeLessThan(1e-6);
});
