import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import type { Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { forFile } from '../score-model/export-function.js';
import { graphInput, graphOf } from '../testing/graphs.js';
import { exportDifference, floats, SEED } from '../testing/parity.js';
import { print } from '../testing/print.js';
import { graphDifference } from '../testing/run-graph.js';
import { trace, type TracedFunction } from '../trace/trace.js';
import { fuseHardSigmoid } from './fuse-hard-sigmoid.js';

const x = graphInput('x', [64]);
const n = (number: number) => g.scalar(number, x);
const clip = (v: Value, low = 0, high = 1) => g.emit('Clip', [v, n(low), n(high)], v);
const line = (alpha: Value, beta: Value) => g.add(g.mul(x, alpha), beta);

test('before and after', async () => {
  const graph = graphOf([x], { y: clip(line(n(0.25), n(0.75))) });
  expect(print(graph)).toEqual([
    '%1 = Mul(x, 0.25) [64]',
    '%2 = Add(%1, 0.75) [64]',
    '%3 = Clip(%2, 0, 1) [64]',
    'y: %3',
  ]);
  const fused = fuseHardSigmoid(graph);
  expect(print(fused)).toEqual(['%1 = HardSigmoid(x) alpha=0.25 beta=0.75 [64]', 'y: %1']);
  expect(await graphDifference(graph, fused), `seed ${SEED}`).toBeLessThan(1e-6);
});

const vector = g.constant('float32', [64], new Float32Array(64).fill(0.5), 1);
test.each<[string, Value]>([
  ['clipped elsewhere below', clip(line(n(0.2), n(0.5)), -1)],
  ['clipped elsewhere above', clip(line(n(0.2), n(0.5)), 0, 6)],
  ['of a number an element', clip(line(vector, n(0.5)))],
  ['moved by a number an element', clip(line(n(0.2), vector))],
])('what is %s is none', (_, y) => {
  const graph = graphOf([x], { y });
  expect(fuseHardSigmoid(graph).nodes).toEqual(graph.nodes);
});

test('what is read on the way stays', () => {
  const z = line(n(0.2), n(0.5));
  const graph = graphOf([x], { y: clip(z), z });
  expect(fuseHardSigmoid(graph).nodes).toEqual(graph.nodes);
});

test('of a layer of TensorFlow.js', async () => {
  const layer = tf.layers.activation({ activation: 'hardSigmoid' });
  const fn: TracedFunction = ({ x }) => ({ y: layer.apply(x!) as tf.Tensor });
  const inputs = { x: floats(['batch', 5], -4, 4) };
  expect(forFile(trace(fn, inputs).graph).nodes.map(({ op }) => op)).toEqual(['HardSigmoid']);
  expect((await exportDifference(fn, inputs))['y'], `seed ${SEED}`).toBeLessThan(1e-6);
});
