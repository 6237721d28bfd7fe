import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { line, type Line, type LineOptions, type Examples } from '../example.js';
import { floats, ints, type Input } from '../parity.js';

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

export const complexes: Examples = {
  Complex: [
    one((z) => z),
    one((z) => z, floats([])),
    one((z) => z, floats(['batch', 0])),
    one((z) => z, ints(['batch', 3], 9, -9)),
  ],
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
};
