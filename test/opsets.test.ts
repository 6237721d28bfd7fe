import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  exportFunction,
  ifElse,
  saveOnnx,
  whileLoop,
  type InputSpec,
  type TracedFunction,
} from '@scorebridge/export';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { pythonWith, whyNoPython } from './support/python.js';

beforeAll(() => tf.setBackend('cpu'));

const OPSETS = [17, 18, 19, 20, 21];
const floats = (...shape: (number | string)[]): InputSpec => ({ dtype: 'float32', shape });
const whole = (...shape: (number | string)[]): InputSpec => ({ dtype: 'int32', shape });

/** One function for each kind of kernel that ONNX's operator sets may differ in. */
const FUNCTIONS: Readonly<Record<string, readonly [Record<string, InputSpec>, (x: never) => tf.Tensor]>> = {
  spectra: [
    { x: floats('batch', 12) },
    ({ x }: { x: tf.Tensor2D }) => {
      const y = tf.fft(tf.complex(x, tf.neg(x)));
      return tf.add(tf.real(y), tf.abs(tf.spectral.irfft(tf.spectral.rfft(x))));
    },
  ],
  boxes: [
    { boxes: floats('count', 4), scores: floats('count') },
    ({ boxes, scores }: { boxes: tf.Tensor2D; scores: tf.Tensor1D }) =>
      tf.image.nonMaxSuppression(boxes, scores, 3, 0.5, 0.1),
  ],
  crops: [
    { x: floats('batch', 9, 9, 2), boxes: floats('count', 4), at: whole('count') },
    ({ x, boxes, at }: { x: tf.Tensor4D; boxes: tf.Tensor2D; at: tf.Tensor1D }) =>
      tf.image.cropAndResize(x, boxes, at, [4, 5]),
  ],
  unique: [{ x: whole('count') }, ({ x }: { x: tf.Tensor1D }) => tf.unique(x).values],
  sparse: [
    { x: floats(4, 3), at: whole(6) },
    ({ x, at }: { x: tf.Tensor2D; at: tf.Tensor1D }) =>
      tf.sparse.sparseSegmentSum(x, tf.clipByValue(at, 0, 3), tf.tensor1d([0, 0, 1, 1, 1, 2], 'int32')),
  ],
  einsum: [
    { a: floats('batch', 3, 4), b: floats('batch', 4, 5) },
    ({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => tf.einsum('bij,bjk->bki', a, b),
  ],
  volumes: [
    { x: floats('batch', 6, 6, 6, 2) },
    ({ x }: { x: tf.Tensor5D }) =>
      tf.avgPool3d(
        tf.maxPool3d(tf.conv3d(x, tf.ones([2, 2, 2, 2, 3]), 1, 'same'), 2, 2, 'same'),
        2,
        1,
        'valid',
      ),
  ],
  dilation: [
    { x: floats('batch', 7, 7, 2) },
    ({ x }: { x: tf.Tensor4D }) => tf.dilation2d(x, tf.ones([3, 3, 2]), 1, 'same'),
  ],
  transform: [
    { x: floats(2, 7, 7, 2), by: floats(2, 8) },
    ({ x, by }: { x: tf.Tensor4D; by: tf.Tensor2D }) => tf.image.transform(x, by, 'bilinear', 'reflect'),
  ],
  gradients: [
    { x: floats('batch', 8, 8, 2) },
    ({ x }: { x: tf.Tensor4D }) =>
      tf.grad((x) => {
        const pooled = tf.maxPool(tf.avgPool(x as tf.Tensor4D, 2, 2, 'same'), 2, 1, 'valid');
        return tf.sum(tf.square(tf.image.resizeBilinear(pooled as tf.Tensor4D, [6, 6])));
      })(x),
  ],
  order: [
    { x: floats('batch', 9) },
    ({ x }: { x: tf.Tensor2D }) => tf.add(tf.topk(x, 3).values, tf.sum(tf.cumprod(tf.reverse(x, 1), 1))),
  ],
  'control flow': [
    { x: floats('batch', 4) },
    ({ x }: { x: tf.Tensor2D }) => {
      const { y } = ifElse(
        tf.greater(tf.sum(x), 0),
        () => ({ y: tf.prod(x, 1) }),
        () => ({ y: tf.max(x, 1) }),
      );
      return whileLoop(
        ({ v }) => tf.less(tf.mean(v), 10),
        ({ v }) => ({ v: tf.add(v, 1) }),
        { v: y },
      ).v;
    },
  ],
};

test.skipIf(whyNoPython())("files of every opset pass ONNX's own checker", async () => {
  const python = await pythonWith('onnx', 'import onnx.checker, onnxruntime', [
    'onnx>=1.17,<2',
    'onnxruntime>=1.20,<2',
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-opsets-'));
  const files: string[] = [];
  for (const [name, [inputs, fn]] of Object.entries(FUNCTIONS)) {
    const traced: TracedFunction = (x) => ({ y: fn(x as never) });
    for (const opset of OPSETS) {
      const path = join(folder, `${name}-${opset}.onnx`);
      await saveOnnx(path, exportFunction(traced, inputs, { opset }));
      files.push(path);
    }
  }
  expect(files).toHaveLength(OPSETS.length * Object.keys(FUNCTIONS).length);
  await python([fileURLToPath(new URL('support/check-onnx.py', import.meta.url)), ...files], folder);
  await rm(folder, { recursive: true });
});
