import { createSession } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { describe, expect, test } from 'vitest';
import { exportFunction } from '../../score-model/export-function.js';
import { line, testKernels, type Line, type LineOptions } from '../../testing/kernels.js';
import { SEED, floats, ints, randomNumbers, type Input } from '../../testing/parity.js';
import { complexes } from './complex.js';

const NONE = { gradient: 'tfjs has no gradient' };
const x = floats(['batch', 3, 4]);

const parts = (z: tf.Tensor): tf.Tensor[] => [tf.real(z), tf.imag(z)];

/** A function of one complex tensor. */
const one = (f: (z: tf.Tensor) => tf.Tensor, input: Input = x, options: LineOptions = NONE): Line =>
  line({ re: input, im: input }, ({ re, im }) => parts(f(tf.complex(re, im))), options);

const two = (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, b: Input = x): Line =>
  line(
    { are: x, aim: x, bre: b, bim: b },
    ({ are, aim, bre, bim }) => parts(f(tf.complex(are, aim), tf.complex(bre, bim))),
    NONE,
  );

/** tf.fft and tf.ifft of rows of every kind of length. */
const transform = (f: (z: tf.Tensor) => tf.Tensor): Line[] => [
  one(f),
  one(f, floats([5])),
  one(f, floats(['batch', 1])),
  ...[2, 7, 8, 16, 30].map((n) => one(f, floats(['batch', n]))),
];

testKernels(complexes, {
  Complex: [one((z) => z), one((z) => z, floats([])), one((z) => z, floats(['batch', 0]))],
  Real: [line({ re: x, im: x }, ({ re, im }) => tf.real(tf.complex(re, im)), NONE)],
  Imag: [line({ re: x, im: x }, ({ re, im }) => tf.imag(tf.complex(re, im)), NONE)],
  ComplexAbs: [
    line({ re: x, im: x }, ({ re, im }) => tf.abs(tf.complex(re, im)), NONE),
    // Squares that are too small and too large for a float, and 0.
    line({ re: x, im: x }, ({ re, im }) => tf.mul(tf.abs(tf.complex(tf.mul(re, 1e-30), tf.mul(im, 1e-30))), 1e30), NONE),
    line({ re: x, im: x }, ({ re, im }) => tf.mul(tf.abs(tf.complex(tf.mul(re, 1e30), tf.mul(im, 1e30))), 1e-30), NONE),
    line({ re: x }, ({ re }) => tf.abs(tf.complex(tf.relu(re), tf.zerosLike(re))), NONE),
  ], // prettier-ignore
  Add: [
    two((a, b) => tf.add(a, b)),
    two((a, b) => tf.add(a, b), floats(['batch', 1, 1])),
    // Real numbers beside complex ones.
    line({ re: x, im: x, b: x }, ({ re, im, b }) => parts(tf.add(tf.complex(re, im), b)), NONE),
  ],
  Sub: [two((a, b) => tf.sub(a, b)), two((a, b) => tf.sub(a, b), floats(['batch', 1, 4]))],
  Multiply: [
    two((a, b) => tf.mul(a, b)),
    two((a, b) => tf.mul(a, b), floats(['batch', 3, 1])),
    line({ re: x, im: x, b: ints(['batch', 3, 4], 9, -9) }, ({ re, im, b }) => parts(tf.mul(b, tf.complex(re, im))), NONE),
    // A complex constant.
    line({ re: x, im: x }, ({ re, im }) => parts(tf.mul(tf.complex(re, im), tf.complex([[1, 2, 3, 4]], [[0, 1, 0, -1]]))), NONE),
  ], // prettier-ignore
  Identity: [one((z) => tf.clone(z))],
  Reshape: [one((z) => tf.reshape(z, [-1, 12]))],
  ExpandDims: [one((z) => tf.expandDims(z, 1))],
  Concat: [two((a, b) => tf.concat([a, b], 1)), two((a, b) => tf.concat([a, b], 0), floats([2, 3, 4]))],
  Pack: [two((a, b) => tf.stack([a, b], 1))],
  ZerosLike: [one((z) => tf.zerosLike(z))],
  OnesLike: [one((z) => tf.onesLike(z))],
  Cast: [
    line({ re: x }, ({ re }) => parts(tf.cast(re, 'complex64')), NONE),
    line({ re: ints(['batch', 3], 9, -9) }, ({ re }) => parts(tf.cast(re, 'complex64')), NONE),
    line({ re: x, im: x }, ({ re, im }) => tf.cast(tf.complex(re, im), 'float32'), NONE),
    line({ re: x, im: x }, ({ re, im }) => tf.cast(tf.complex(re, im), 'int32'), NONE),
    one((z) => tf.cast(z, 'complex64')),
  ],
  FFT: [
    ...transform(tf.fft),
    line({ x: floats(['batch', 12]) }, ({ x }) => parts(tf.rfft(x)), NONE),
    line({ x: floats(['batch', 12]) }, ({ x }) => parts(tf.rfft(x, 16)), NONE),
    line({ x: floats(['batch', 12]) }, ({ x }) => parts(tf.rfft(x, 8)), NONE),
    line({ x: floats([60]) }, ({ x }) => parts(tf.signal.stft(x as never, 16, 5)), NONE),
    line({ x: floats([60]) }, ({ x }) => tf.abs(tf.signal.stft(x as never, 12, 5, 16)), NONE),
    // Two dimensions: one after the other.
    one((z) => tf.transpose(tf.fft(tf.transpose(tf.fft(z), [0, 2, 1])), [0, 2, 1])),
  ],
  IFFT: [
    ...transform(tf.ifft),
    line({ re: floats(['batch', 9]), im: floats(['batch', 9]) }, ({ re, im }) => tf.irfft(tf.complex(re, im)), NONE),
    one((z) => tf.ifft(tf.fft(z))),
  ], // prettier-ignore
});

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
