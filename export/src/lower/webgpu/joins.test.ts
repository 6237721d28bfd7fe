import { createSession } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { expect, it } from 'vitest';
import { Value, topological, type Graph } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { writeOnnx } from '../../onnx/write.js';
import { lower } from '../lower.js';
import { webgpu } from './index.js';

const PARTS = 45;

/** Splits x into parts of 1, 2, 3, 1, 2, 3 ... rows and joins them again the other way round. */
function reversedParts(): Graph {
  const sizes = Array.from({ length: PARTS }, (_, i) => 1 + (i % 3));
  const x = new Value('float32', [[sizes.reduce((sum, n) => sum + n, 0), 2]]);
  x.name = 'x';
  const y = g.concat(g.split(x, [sizes], 0).reverse(), 0);
  return { inputs: [x], outputs: [{ name: 'y', value: y }], nodes: topological([y]) };
}

async function run(graph: Graph): Promise<Float32Array> {
  const { session } = await createSession(writeOnnx(graph).model, { provider: 'cpu' });
  const dims = graph.inputs[0]!.shape;
  const values = Float32Array.from({ length: dims[0]! * dims[1]! }, (_, i) => i);
  const { y } = await session.run({ x: new Tensor('float32', values, dims) });
  await session.release();
  return y!.data as Float32Array;
}

it('takes apart what a shader cannot bind, and computes the same', async () => {
  const graph = reversedParts();
  const lowered = lower(graph, webgpu);
  for (const { op, inputs, outputs } of lowered.nodes) {
    expect(inputs.length + outputs.length, op).toBeLessThanOrEqual(7);
  }
  expect(await run(lowered)).toEqual(await run(graph));
});

it('leaves a short split and a short concatenation alone', () => {
  const x = new Value('float32', [[6]]);
  const y = g.concat(g.split(x, [[1, 2, 3]], 0).reverse(), 0);
  const graph = { inputs: [x], outputs: [{ name: 'y', value: y }], nodes: topological([y]) };
  expect(lower(graph, webgpu).nodes).toEqual(graph.nodes);
});
