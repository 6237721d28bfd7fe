import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { SEED, exportDifference, floats, ints, type Input } from '../../testing/parity.js';
import type { TracedFunction } from '../trace.js';

// Kernels that write sizes of their inputs into what they make, where every dimension is symbolic.
const x = floats(['batch', 'width', 'depth']);
const counts = ints(['batch', 'width'], 6);
const sizes = [
  { batch: 1, width: 4, depth: 5 },
  { batch: 3, width: 7, depth: 2 },
  { batch: 2, width: 9, depth: 3 },
];
const none = tf.tensor1d([]);

const cases: [string, TracedFunction, Record<string, Input>][] = [
  ['topk of some', ({ x }) => ({ y: tf.topk(tf.transpose(x!, [0, 2, 1]), 3).values }), { x }],
  ['topk of all', ({ x }) => ({ y: tf.topk(x!, x!.shape[2]).indices }), { x }],
  ['diag', ({ x }) => ({ y: tf.diag(tf.sum(x!, [0, 2])) }), { x }],
  ['einsum over depth', ({ x }) => ({ y: tf.einsum('bwd,bvd->bwv', x!, tf.mul(x!, 2)) }), { x }],
  ['einsum over the others', ({ x }) => ({ y: tf.einsum('bwd,bwe->de', x!, tf.mul(x!, 2)) }), { x }],
  ['gatherND', ({ x, i }) => ({ y: tf.gatherND(x!, i!) }), { x, i: ints(['batch', 'width', 2], 1) }],
  [
    'scatterND',
    ({ x, i }) => ({ y: tf.scatterND(i!, tf.sum(x!, 2), [3, x!.shape[2]! + 1]) }),
    { x, i: ints(['batch', 'width', 2], 2) },
  ],
  [
    'sparseToDense',
    ({ x }) => ({
      y: tf.sparseToDense(tf.tensor2d([[0, 1], [2, 0]], [2, 2], 'int32'), [1, 2], x!.shape.slice(1) as [number, number]),
    }),
    { x },
  ],
  [
    'unique',
    ({ counts }) => {
      const { values, indices } = tf.unique(tf.reshape(counts!, [-1]));
      return { values, indices, twice: tf.tile(values, [2]) };
    },
    { counts },
  ],
  [
    'unique rows',
    ({ i }) => {
      const { values, indices } = tf.unique(i!, 1);
      return { values, indices, sum: tf.sum(values, 0) };
    },
    { i: ints(['batch', 'width'], 2) },
  ],
  [
    'two sizes that the data tell',
    ({ i, k }) => {
      const [a, b] = [tf.unique(i!).values as tf.Tensor1D, tf.unique(k!).values as tf.Tensor1D];
      return { both: tf.concat([a, b]), outer: tf.outerProduct(tf.cast(a, 'float32'), tf.cast(b, 'float32')) };
    },
    { i: ints(['width'], 3), k: ints(['depth'], 3) },
  ],
  [
    'bincount',
    ({ counts }) => ({
      rows: tf.denseBincount(counts as tf.Tensor2D, none as never, 5),
      all: tf.bincount(counts as unknown as tf.Tensor1D, none, 5),
    }),
    { counts },
  ],
  [
    'searchSorted',
    ({ counts, x }) => ({ y: tf.searchSorted(tf.cumsum(counts!, 1), tf.sum(tf.cast(x!, 'int32'), 2)) }),
    { counts, x },
  ],
  [
    'cumprod along symbolic axes',
    ({ x }) => ({
      depth: tf.cumprod(x!, 2),
      width: tf.cumprod(x!, 1, true),
      later: tf.cumprod(x!, 1, true, true),
      whole: tf.cumprod(tf.cast(x!, 'int32'), 2),
    }),
    { x },
  ],
  [
    'fft along a symbolic axis',
    ({ x }) => {
      const z = tf.complex(x!, tf.square(x!));
      const [y, back] = [tf.fft(z), tf.ifft(z)];
      return { real: tf.real(y), imag: tf.imag(y), back: tf.real(back), imagBack: tf.imag(back) };
    },
    { x },
  ],
  [
    'rfft along a symbolic axis',
    ({ x }) => {
      const y = tf.spectral.rfft(x!);
      return { real: tf.real(y), imag: tf.imag(y) };
    },
    { x },
  ],
  [
    'fft',
    ({ x }) => {
      const rows = tf.tile(tf.sum(x!, 2, true), [1, 1, 8]);
      const z = tf.fft(tf.complex(rows, tf.zerosLike(rows)));
      return { real: tf.real(z), size: tf.abs(z) };
    },
    { x },
  ],
  [
    'sparseSegmentMean',
    ({ x, i }) => ({
      y: tf.sparse.sparseSegmentMean(
        tf.reshape(x!, [-1, x!.shape[2]!]) as tf.Tensor2D,
        tf.zerosLike(i!) as tf.Tensor1D,
        tf.cumsum(i!) as tf.Tensor1D,
      ),
    }),
    { x, i: ints(['width'], 3) },
  ],
]; // prettier-ignore

test.each(cases)('%s', { tags: ['long'] }, async (_, fn, inputs) => {
  const differences = await exportDifference(fn, inputs, sizes);
  for (const [name, error] of Object.entries(differences)) {
    expect(error, `${name}, seed ${SEED}`).toBeLessThanOrEqual(1e-6);
  }
});
