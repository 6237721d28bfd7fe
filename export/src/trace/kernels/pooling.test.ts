import { createSession } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { exportFunction } from '../../score-model/export-function.js';
import { adjointDifference } from '../../testing/adjoint.js';
import { testKernels } from '../../testing/kernels.js';
import { SEED, draw, floats, randomNumbers } from '../../testing/parity.js';
import { poolings } from './pooling.js';
import {
  poolings as examples,
  PADDED,
  CEIL,
  VOLUMES_PADDED,
  VOLUMES_CEIL,
  VOLUMES_UNEVEN,
  average,
  average3,
  maximum3,
  gradientOf,
} from '../../testing/examples/pooling.js';

testKernels(poolings, examples);

test.each([...VOLUMES_CEIL, ...VOLUMES_UNEVEN])(
  'largest of volumes of %j with %j: the gradient goes where the largest element is',
  async (size, args) => {
    // A pool is linear in what it picks, so x . d(sum y^2 / 2)/dx is sum y^2; with other elements it would not be.
    const x = floats([2, ...size, 3]);
    const { model } = exportFunction(
      ({ x }) => ({
        found: tf.sum(tf.mul(tf.mul(0.5, gradientOf(maximum3)(x as tf.Tensor5D, args)), x!)),
        expected: tf.sum(tf.square(maximum3(x as tf.Tensor5D, args))),
      }),
      { x },
    );
    const { session } = await createSession(model, { provider: 'cpu' });
    const run = await session.run({ x: draw(x, 1, randomNumbers()).host });
    const [found, expected] = ['found', 'expected'].map((name) => (run[name]!.data as Float32Array)[0]!);
    await session.release();
    expect(Math.abs(found! - expected!) / expected!, `seed ${SEED}`).toBeLessThan(1e-6);
  },
);

test.each([...PADDED, ...CEIL])(
  'average pooling of %j with %j: the gradient is the adjoint',
  async (size, args) => {
    const difference = await adjointDifference((x) => average(x, args), floats(['batch', ...size, 3]));
    expect(difference, `seed ${SEED}`).toBeLessThan(1e-6);
  },
);

test.each([...VOLUMES_PADDED, ...VOLUMES_CEIL, ...VOLUMES_UNEVEN])(
  'average pooling of volumes of %j with %j: the gradient is the adjoint',
  async (size, args) => {
    const pool = (x: tf.Tensor) => average3(x as tf.Tensor5D, args);
    expect(await adjointDifference(pool, floats(['batch', ...size, 3])), `seed ${SEED}`).toBeLessThan(1e-6);
  },
);
