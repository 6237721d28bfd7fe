import { exportFunction } from '@scorebridge/export';
import * as tf from '@tensorflow/tfjs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { accuracyOf } from './accuracy.js';
import { loadJudge } from './judge.js';

let path: string;
let other: string;

// A judge that can be worked out by hand: the features are the first two pixels, the logit of class c is c times the
// first pixel.
beforeAll(async () => {
  await tf.setBackend('cpu');
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  path = join(folder, 'judge.onnx');
  other = join(folder, 'other.onnx');
  const digits = { x: { dtype: 'float32', shape: ['batch', 28, 28, 1] } } as const;
  const weights = tf.range(0, 10).reshape([1, 10]);
  const judge = exportFunction(({ x }) => {
    const features = tf.slice(tf.reshape(x!, [-1, 784]), [0, 0], [-1, 2]);
    return { logits: tf.matMul(tf.slice(features, [0, 0], [-1, 1]), weights as tf.Tensor2D), features };
  }, digits);
  await writeFile(path, judge.model);
  await writeFile(other, exportFunction(({ x }) => ({ y: tf.neg(x!) }), digits).model);
});

test('probabilities and features of each digit, whatever the batch', async () => {
  const digits = new Float32Array(3 * 784);
  digits.set([1, 0.25], 784);
  digits.set([0.5, 0.75], 2 * 784);
  for (const batch of [2, 250]) {
    const judge = await loadJudge({ model: path, provider: 'cpu', batch });
    const { count, probabilities, features, featureCount } = await judge.judge(digits);
    await judge.release();
    expect([count, featureCount]).toEqual([3, 2]);
    expect([...features]).toEqual([0, 0, 1, 0.25, 0.5, 0.75]);
    for (const [i, first] of [0, 1, 0.5].entries()) {
      const sum = [...Array(10).keys()].reduce((total, c) => total + Math.exp(c * first), 0);
      for (let c = 0; c < 10; c++)
        expect(probabilities[i * 10 + c]).toBeCloseTo(Math.exp(c * first) / sum, 6);
    }
  }
});

test('accuracy is the share of digits whose label is the likeliest', async () => {
  // A white first pixel makes 9 the likeliest.
  const images = new Uint8Array(4 * 784);
  for (const i of [0, 1, 2, 3]) images[i * 784] = 255;
  const judge = await loadJudge({ model: path, provider: 'cpu' });
  const labelled = { images, labels: Uint8Array.of(9, 9, 8, 9), count: 4, shape: [28, 28, 1] } as const;
  expect(await accuracyOf(judge, labelled)).toBe(0.75);
  await judge.release();
});

test('refuses other models, broken digits, and stops when aborted', async () => {
  await expect(loadJudge({ model: other, provider: 'cpu' })).rejects.toThrow(
    'is not a judge: it needs input x',
  );
  await expect(loadJudge({ model: join(path, 'missing') })).rejects.toThrow('missing');
  const judge = await loadJudge({ model: path, provider: 'cpu' });
  await expect(judge.judge(new Float32Array(783))).rejects.toThrow('found 783');
  await expect(judge.judge(new Float32Array(784), { signal: AbortSignal.abort() })).rejects.toThrow('abort');
  await judge.release();
});
