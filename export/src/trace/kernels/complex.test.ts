import { createSession } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { describe, expect, test } from 'vitest';
import { exportFunction } from '../../score-model/export-function.js';
import { testKernels } from '../../testing/kernels.js';
import { SEED, floats, randomNumbers } from '../../testing/parity.js';
import { complexes } from './complex.js';
import { complexes as examples } from '../../testing/examples/complex.js';

testKernels(complexes, examples);

describe('against the definition in float64', () => {
  // Products of small and of large factors, a prime, and lengths with a prime too large for its matrix.
  const lengths = [127, 128, 129, 130, 251, 256, 400, 508, 1009, 1024, 1031, 2048, 4093, 2 * 1039, 4096];

  test.each(lengths)('length %i', { timeout: 30_000 }, async (n) => {
    const random = randomNumbers();
    const [re, im] = [0, 1].map(() => Float32Array.from({ length: 2 * n }, () => 2 * random() - 1)) as [
      Float32Array,
      Float32Array,
    ];
    const { model } = exportFunction(
      ({ re, im }) => {
        const z = tf.complex(re!, im!);
        const [there, back] = [tf.fft(z), tf.ifft(z)];
        return {
          real: tf.real(there),
          imag: tf.imag(there),
          inverseRe: tf.real(back),
          inverseIm: tf.imag(back),
          ofReal: tf.imag(tf.rfft(re!)),
        };
      },
      { re: floats(['batch', n]), im: floats(['batch', n]) },
    );
    const { session } = await createSession(model, { provider: 'cpu' });
    const found = await session.run({
      re: new Tensor('float32', re, [2, n]),
      im: new Tensor('float32', im, [2, n]),
    });
    await session.release();
    const at = (name: string, i: number) => (found[name]!.data as Float32Array)[i]!;

    const indices = new Set([
      0,
      1,
      2,
      n >> 1,
      (n >> 1) + 1,
      n - 1,
      ...Array.from({ length: 40 }, () => Math.floor(random() * n)),
    ]);
    // The root mean square of a sum of n complex numbers whose parts lie in [-1, 1].
    const scale = Math.sqrt((2 * n) / 3);
    for (const row of [0, 1]) {
      for (const k of indices) {
        const sum = { re: 0, im: 0, inverseRe: 0, inverseIm: 0, ofReal: 0 };
        for (let j = 0; j < n; j++) {
          const angle = (2 * Math.PI * ((j * k) % n)) / n;
          const [c, s] = [Math.cos(angle), Math.sin(angle)];
          const [a, b] = [re[row * n + j]!, im[row * n + j]!];
          sum.re += a * c + b * s;
          sum.im += b * c - a * s;
          sum.inverseRe += (a * c - b * s) / n;
          sum.inverseIm += (b * c + a * s) / n;
          sum.ofReal -= a * s;
        }
        const half = Math.floor(n / 2) + 1;
        const error = Math.max(
          Math.abs(at('real', row * n + k) - sum.re),
          Math.abs(at('imag', row * n + k) - sum.im),
          Math.abs(at('inverseRe', row * n + k) - sum.inverseRe) * n,
          Math.abs(at('inverseIm', row * n + k) - sum.inverseIm) * n,
          k < half ? Math.abs(at('ofReal', row * half + k) - sum.ofReal) : 0,
        );
        expect(error / scale, `row ${row}, k ${k}, seed ${SEED}`).toBeLessThan(2e-6);
      }
    }
  });
});

describe('refused in one sentence', () => {
  const z = (x: tf.Tensor) => tf.complex(x, x);
  test.each([
    ['a kernel without a complex form', (x: tf.Tensor) => tf.real(tf.neg(z(x))), 'The tfjs kernel Neg cannot be traced for complex64'],
    ['a complex output', (x: tf.Tensor) => z(x), 'A graph takes and gives no complex64 tensor'],
  ] as const)('%s', (_, f, sentence) => {
    expect(() => exportFunction(({ x }) => ({ y: f(x!) }), { x: floats(['batch', 3]) })).toThrow(sentence);
  }); // prettier-ignore
});

test('two transforms of one length share its matrices', () => {
  const { model } = exportFunction(
    ({ x, y }) => ({ a: tf.real(tf.fft(tf.complex(x!, y!))), b: tf.real(tf.fft(tf.complex(y!, x!))) }),
    { x: floats(['batch', 128]), y: floats(['batch', 128]) },
  );
  // The cosines and the sines.
  expect(model.length).toBeLessThan(2 * 128 * 128 * 4 + 5000);
});
