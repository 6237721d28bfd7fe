import * as tf from '@tensorflow/tfjs';
import { createSession } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import { dataDependentSize } from '../graph/data-dependent-size.js';
import { emit } from '../graph/ops.js';
import { exportFunction } from '../score-model/export-function.js';
import { exportDifference, floats, ints, randomNumbers, SEED, type Input } from '../testing/parity.js';
import { recordingBackend } from './backend.js';
import type { TracedFunction } from './trace.js';

const random = randomNumbers();
const weights = (shape: number[]) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random() - 0.5),
    shape,
  );
const image = (channels: number): Record<string, Input> => ({
  x: floats(['batch', 'height', 'width', channels]),
});
/** None of the sizes that are traced, the smallest and odd ones among them. */
const IMAGES = [
  { batch: 1, height: 31, width: 20 },
  { batch: 2, height: 48, width: 67 },
  { batch: 5, height: 33, width: 33 },
];

type T4 = tf.Tensor4D;
const [w3, w5, up] = [weights([3, 3, 2, 4]), weights([5, 5, 4, 6]), weights([3, 3, 4, 6])] as [T4, T4, T4];

const cases: [string, TracedFunction, Record<string, Input>, Record<string, number>[]][] = [
  [
    'strided convolutions with every padding, pools and a flattened end',
    ({ x }) => {
      const a = tf.relu(tf.conv2d(x as T4, w3, 2, 'same'));
      const b = tf.maxPool(tf.conv2d(a, w5, 2, 'same'), 3, 2, 'same');
      const c = tf.avgPool(tf.conv2d(a, w5, 1, 'valid'), 2, 2, 'same');
      return { b, c, flat: tf.reshape(b, [b.shape[0], -1, 2]), pooled: tf.mean(c, [1, 2]) };
    },
    image(2),
    IMAGES,
  ],
  [
    'an encoder and a decoder, joined: it runs at multiples of 4 alone',
    ({ x }) => {
      const a = tf.conv2d(x as T4, w3, 2, 'same');
      const b = tf.conv2d(a, w5, 2, 'same');
      const c = tf.conv2dTranspose(b, up, [x!.shape[0]!, a.shape[1], a.shape[2], 4], 2, 'same');
      const d = tf.image.resizeBilinear(c, [x!.shape[1]!, x!.shape[2]!]);
      return { joined: tf.concat([tf.image.resizeNearestNeighbor(a, [x!.shape[1]!, x!.shape[2]!]), d], 3) };
    },
    image(2),
    [
      { batch: 1, height: 12, width: 20 },
      { batch: 3, height: 32, width: 28 },
    ],
  ],
  [
    'the boxes of two levels in one list, with their grid',
    ({ x }) => {
      const a = tf.conv2d(x as T4, w3, 2, 'same');
      const b = tf.maxPool(a, 2, 2, 'same');
      const boxes = [a, b].map((t) => tf.reshape(t, [t.shape[0], t.shape[1] * t.shape[2] * 2, 2]));
      const columns = tf.range(0, a.shape[2]);
      const rows = tf.reshape(tf.range(0, a.shape[1]), [-1, 1]);
      return { boxes: tf.concat(boxes, 1), grid: tf.add(rows, columns) };
    },
    image(2),
    IMAGES,
  ],
  [
    'attention over a length',
    ({ x, ids }) => {
      const q = tf.matMul(tf.reshape(x!, [-1, 4]), weights4) as tf.Tensor2D;
      const h = tf.transpose(tf.reshape(q, [x!.shape[0]!, x!.shape[1]!, 2, 2]), [0, 2, 1, 3]);
      const a = tf.softmax(tf.mul(tf.matMul(h, h, false, true), 1 / x!.shape[1]!));
      const y = tf.reshape(tf.transpose(tf.matMul(a, h), [0, 2, 1, 3]), x!.shape);
      return {
        y: tf.add(y, tf.gather(embedding, ids as tf.Tensor2D)),
        last: tf.gather(y, [x!.shape[1]! - 1], 1),
      };
    },
    { x: floats(['batch', 'length', 4]), ids: ints(['batch', 'length'], 10) },
    [
      { batch: 1, length: 1 },
      { batch: 2, length: 30 },
      { batch: 7, length: 9 },
    ],
  ],
  [
    'two inputs of other lengths, in one list',
    ({ a, b }) => ({ y: tf.concat([a!, b!], 0), z: tf.tile(tf.concat([a!, b!], 0), [2, 1]) }),
    { a: floats(['rows', 3]), b: floats(['others', 3]) },
    [
      { rows: 1, others: 2 },
      { rows: 9, others: 4 },
    ],
  ],
];
const weights4 = weights([4, 4]);
const embedding = weights([10, 4]);

test.each(cases)('%s', { tags: ['long'] }, async (_, fn, inputs, sizes) => {
  const differences = await exportDifference(fn, inputs, sizes);
  for (const [name, error] of Object.entries(differences)) {
    expect(error, `${name}, seed ${SEED}`).toBeLessThan(1e-5);
  }
});

test('sizes that the function does not run at are left out, and the first reason is told if there are no others', () => {
  const fn: TracedFunction = ({ x }) => {
    if (x!.shape[1]! % 7 !== 0) throw new Error('The height has to be a multiple of 7.');
    return { y: tf.mean(x!, 1) };
  };
  expect(() => exportFunction(fn, image(1))).toThrow('multiple of 7');
  expect(() => exportFunction(fn, image(1), { sizes: { height: [7, 14, 21, 35, 49, 28] } })).not.toThrow();
});

test('a size that only the data tell is read off where it arises', async () => {
  // Not a kernel of tfjs: the indices of what is not zero.
  const nonZero = (x: tf.Tensor): tf.Tensor => {
    const value = recordingBackend().graphValue(x);
    const found = emit('NonZero', [value], { dtype: 'int64', shapes: [[1, dataDependentSize()]] });
    const indices = emit('Cast', [found], { dtype: 'int32', shapes: found.shapes }, { to: 'int32' });
    return tf.engine().makeTensorFromTensorInfo(recordingBackend().tensorInfo(indices));
  };
  const { model } = exportFunction(
    ({ x }) => {
      const found = tf.reshape(nonZero(x!), [-1]) as tf.Tensor1D;
      const kept = tf.gather(x!, found);
      return { pairs: tf.tile(tf.expandDims(kept, 1), [1, 2]), sum: tf.add(kept, tf.zeros(kept.shape)) };
    },
    { x: { dtype: 'float32', shape: [6] } },
  );
  const { session } = await createSession(model, { provider: 'cpu' });
  const { pairs, sum } = await session.run({ x: new Tensor('float32', [0, 3, 0, 5, 7, 0], [6]) });
  expect([pairs!.dims, [...(pairs!.data as Float32Array)]]).toEqual([[3, 2], [3, 3, 5, 5, 7, 7]]); // prettier-ignore
  expect([...(sum!.data as Float32Array)]).toEqual([3, 5, 7]);
  await session.release();
});
