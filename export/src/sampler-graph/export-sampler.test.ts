import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CARD_FORMAT, createSession, ddim, type ModelCard, normals, VERSION } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { saveOnnx } from '../onnx/save.js';
import { type GraphMessage, type Model, ModelProto } from '../onnx/schema.js';
import { exportScoreModel } from '../score-model/export-score-model.js';
import { exportSampler } from './export-sampler.js';

const card: ModelCard = {
  ...{ format: CARD_FORMAT, name: 'linear', shape: [40], layout: 'flat', valueRange: [-1, 1] },
  process: { kind: 'vp', schedule: { name: 'cosine', s: 0.008, T: 1000 } },
  ...{ parametrisation: 'eps', classes: null, ema: null, dataset: { name: 'none', licence: 'none' } },
  ...{ seed: 0, step: 0, engine: 'none', scorebridge: VERSION, command: 'none', figures: {} },
};

let folder: string;
let predict: (x: tf.Tensor) => tf.Tensor;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-sampler-'));
  const weights = tf.randomNormal<tf.Rank.R2>([40, 40], 0, 0.2, 'float32', 5);
  predict = (x) => tf.tanh(tf.matMul(x as tf.Tensor2D, weights));
});
afterAll(() => rm(folder, { recursive: true }));

/** Elements of the largest constant of a graph, not of those inside it. */
const largest = ({ initializer }: GraphMessage) =>
  Math.max(0, ...initializer.map(({ dims }) => dims.reduce((product, d) => product * Number(d), 1)));

test('the weights are there once, where the nodes are that they are for: in the body of the Loop', async () => {
  const { model } = exportScoreModel(predict, card);
  const graphs = async (unrolled: boolean) => {
    const written = await exportSampler(model, ddim(), { steps: 4, unrolled });
    const { graph } = ModelProto.decode(written.model) as unknown as Model;
    const bodies = graph.node.flatMap(({ attribute }) => attribute.flatMap(({ g }) => (g ? [g] : [])));
    return { graph, bodies };
  };
  const looped = await graphs(false);
  // ONNX Runtime prepares weights (packed, blocked) for the kernels of their own graph alone.
  expect([largest(looped.graph), looped.bodies.map(largest)]).toEqual([4, [1600]]);
  const unrolled = await graphs(true);
  expect([largest(unrolled.graph), unrolled.bodies]).toEqual([1600, []]);
  expect(unrolled.graph.initializer.filter(({ dims }) => dims.length === 2)).toHaveLength(1);
});

test('weights in a file beside the model are read from there, in the Loop as well', async () => {
  const path = (name: string) => join(folder, name);
  const noise = new Tensor('float32', normals(new Float32Array(80), { seed: 8 }), [2, 40]);
  const draw = async (file: string | Uint8Array) => {
    const { session } = await createSession(file, { provider: 'cpu' });
    const { samples } = await session.run({ noise });
    await session.release();
    return samples!.data as Float32Array;
  };
  const whole = await exportSampler(exportScoreModel(predict, card).model, ddim(), { steps: 4 });
  const expected = await draw(whole.model);
  expect(Math.max(...expected)).toBeGreaterThan(0.3);
  const outside = exportScoreModel(predict, card, { externalFile: 'model.onnx.data', externalAbove: 0 });
  expect(outside.external).toHaveLength(1);
  await saveOnnx(path('model.onnx'), outside);
  const bytes = await readFile(path('model.onnx'));
  for (const unrolled of [false, true]) {
    const written = await exportSampler(bytes, ddim(), { steps: 4, unrolled });
    await saveOnnx(path('sampler.onnx'), written);
    expect(await draw(path('sampler.onnx'))).toEqual(expected);
  }
});
