import * as tf from '@tensorflow/tfjs';
import { line, type Line, type LineOptions, type Examples } from '../example.js';
import { bools, floats, ints } from '../parity.js';

const x = floats(['batch', 5]);
const wide = floats(['batch', 5], -30, 30);
const positive = floats(['batch', 5], 0.1, 4);
const unit = floats(['batch', 5], -0.9, 0.9);
const whole = ints(['batch', 5], 10, -9);
const all32 = ints(['batch', 5], 2 ** 31, -(2 ** 31));
const natural = ints(['batch', 5], 6, 1);
const flags = bools(['batch', 5]);
const NONE = 'tfjs has no gradient';
const UNREDUCED = { gradient: 'tfjs does not sum it over what was broadcast' };

const unary = (f: (x: tf.Tensor4D) => tf.Tensor, input = x, options?: LineOptions): Line =>
  line({ x: input }, ({ x }) => f(x), options);

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** Of the same shape, broadcast either way, against a number, and of int32. */
const arithmetic = (f: Binary, broadcast: LineOptions = {}): Line[] => [
  line({ a: x, b: x }, ({ a, b }) => f(a, b)),
  line({ a: floats(['batch', 1, 4]), b: floats([3, 1], 0.5, 2) }, ({ a, b }) => f(a, b), broadcast),
  line({ a: floats([4]), b: floats(['batch', 4], 0.5, 2) }, ({ a, b }) => f(a, b), broadcast),
  line({ a: x }, ({ a }) => f(a, tf.scalar(0.7))),
  line({ a: whole, b: ints(['batch', 5], 9, 1) }, ({ a, b }) => f(a, b)),
];

const comparison = (f: Binary): Line[] => [
  line({ a: ints(['batch', 5], 3), b: ints(['batch', 5], 3) }, ({ a, b }) => f(a, b)),
  line({ a: ints(['batch', 1, 3], 3), b: ints([4, 1], 3) }, ({ a, b }) =>
    f(tf.cast(a, 'float32'), tf.cast(b, 'float32')),
  ),
];

const logical = (f: Binary): Line[] => [
  line({ a: bools(['batch', 5]), b: bools(['batch', 5]) }, ({ a, b }) => f(a, b)),
  line({ a: bools(['batch', 5]), b: bools([5]) }, ({ a, b }) => f(a, b)),
];

/** 0 / 0, 1 / 0 and -1 / 0 among ordinary numbers. */
const strange = (x: tf.Tensor) => tf.div(x, tf.relu(x));

// No op of tfjs runs this kernel: tf.logicalXor is made of others.
tf.registerKernel({
  kernelName: tf.LogicalXor,
  backendName: 'cpu',
  kernelFunc: ({ inputs }) => tf.logicalXor(inputs.a as tf.Tensor, inputs.b as tf.Tensor),
});

export const elementwise: Examples = {
  Abs: [unary(tf.abs), unary(tf.abs, whole), unary(tf.abs, flags)],
  Acos: [unary(tf.acos, unit), unary(tf.acos, ints(['batch', 5], 2, -1)), unary(tf.acos, flags)],
  Acosh: [unary(tf.acosh, floats(['batch', 5], 1.1, 4)), unary(tf.acosh, natural)],
  Asin: [unary(tf.asin, unit), unary(tf.asin, ints(['batch', 5], 2, -1))],
  Asinh: [unary(tf.asinh), unary(tf.asinh, whole), unary(tf.asinh, flags)],
  Atan: [unary(tf.atan), unary(tf.atan, whole)],
  Atanh: [unary(tf.atanh, unit)],
  Ceil: [unary(tf.ceil)],
  Cos: [unary(tf.cos)],
  Cosh: [unary(tf.cosh)],
  Elu: [unary(tf.elu), unary(tf.elu, wide)],
  Erf: [unary(tf.erf, x, { within: 2e-6 })],
  Exp: [unary(tf.exp), unary(tf.exp, whole)],
  Floor: [unary(tf.floor)],
  Log: [unary(tf.log, positive)],
  Neg: [unary(tf.neg), unary(tf.neg, whole), unary((x) => tf.logicalNot(tf.neg(x)), flags)],
  Reciprocal: [unary(tf.reciprocal, positive), unary(tf.reciprocal, natural)],
  Relu: [unary(tf.relu), unary(tf.relu, whole)],
  Round: [
    unary(tf.round),
    unary(tf.round, whole),
    unary((x) => tf.round(tf.mul(tf.cast(x, 'float32'), 0.5)), whole),
  ],
  Sigmoid: [unary(tf.sigmoid), unary(tf.sigmoid, wide)],
  Sign: [
    unary(tf.sign),
    unary(tf.sign, whole),
    unary(tf.sign, flags),
    unary((x) => tf.sign(strange(x)), x, UNREDUCED),
    unary((x) => tf.sign(tf.cast(x, 'float32')), whole),
  ],
  Sin: [unary(tf.sin)],
  Sinh: [unary(tf.sinh), unary(tf.sinh, ints(['batch', 5], 5, -4))],
  Softplus: [
    unary(tf.softplus),
    unary(tf.softplus, wide),
    unary(tf.softplus, whole),
    unary(tf.softplus, flags),
  ],
  Sqrt: [unary(tf.sqrt, positive)],
  Tan: [unary(tf.tan, floats(['batch', 5], -1, 1))],
  Tanh: [unary(tf.tanh), unary(tf.tanh, wide)],

  Add: [
    ...arithmetic(tf.add),
    unary((x) => tf.add(x, x)),
    line({ a: floats(['batch', 3]), b: floats(['batch', 1]) }, ({ a, b }) => tf.add(a, b)),
  ],
  Sub: arithmetic(tf.sub),
  Multiply: [...arithmetic(tf.mul), line({ a: flags, b: bools([5]) }, ({ a, b }) => tf.mul(a, b))],
  Maximum: [...arithmetic(tf.maximum, UNREDUCED), unary((x) => tf.maximum(x, x))],
  Minimum: arithmetic(tf.minimum, UNREDUCED),
  RealDiv: [
    line({ a: x, b: positive }, ({ a, b }) => tf.div(a, b)),
    line({ a: floats([5]), b: positive }, ({ a, b }) => tf.div(a, b)),
  ],
  FloorDiv: [
    line({ a: x, b: positive }, ({ a, b }) => tf.floorDiv(a, b)),
    line({ a: whole, b: ints(['batch', 5], 5, 1) }, ({ a, b }) => tf.div(a, b)),
    line({ a: whole, b: ints(['batch', 5], 0, -5) }, ({ a, b }) => tf.div(a, b)),
    // 0 and -1 among the divisors, of the smallest number too.
    line({ a: whole, b: ints(['batch', 5], 3, -2) }, ({ a, b }) => tf.div(a, b)),
    line({ b: ints(['batch', 5], 3, -2) }, ({ b }) => tf.div(tf.fill([5], -(2 ** 31), 'int32'), b)),
    // More digits than a float32 holds.
    line({ a: ints(['batch', 5], 2 ** 31 - 1, -(2 ** 31)) }, ({ a }) => tf.div(a, tf.scalar(7, 'int32'))),
  ],
  Mod: [
    line({ a: whole, b: ints(['batch', 5], 5, 1) }, ({ a, b }) => tf.mod(a, b)),
    line({ a: whole, b: ints(['batch', 5], 0, -5) }, ({ a, b }) => tf.mod(a, b)),
    line({ a: whole, b: ints(['batch', 5], 3, -2) }, ({ a, b }) => tf.mod(a, b)),
    line({ a: flags, b: bools([5]) }, ({ a, b }) => tf.mod(a, b)),
    line({ a: x, b: positive }, ({ a, b }) => tf.mod(a, b), { within: 2e-6 }),
    line({ a: x }, ({ a }) => tf.mod(a, tf.scalar(-0.75)), { within: 2e-6 }),
  ],
  Atan2: [
    line({ a: x, b: x }, ({ a, b }) => tf.atan2(a, b)),
    line({ a: floats(['batch', 1, 4]), b: floats([3, 1]) }, ({ a, b }) => tf.atan2(a, b)),
    line({ a: whole, b: whole }, ({ a, b }) => tf.atan2(a, b)),
    // Upright, over a zero of either sign.
    line({ a: x, b: x }, ({ a, b }) => tf.atan2(a, tf.mul(tf.sign(b), 0)), { gradient: 'the zero has none' }),
    // On the axes, and at the origin.
    line({ a: ints(['batch', 9], 2, -1), b: ints([9], 2, -1) }, ({ a, b }) =>
      tf.atan2(tf.cast(a, 'float32'), tf.cast(b, 'float32')),
    ),
  ],
  Pow: [
    line({ a: positive, b: x }, ({ a, b }) => tf.pow(a, b)),
    line({ a: x }, ({ a }) => tf.pow(a, 3)),
    line({ a: floats(['batch', 5], 0.5, 2), b: floats([5]) }, ({ a, b }) => tf.pow(a, b)),
    line({ a: ints(['batch', 5], 5, -4), b: ints([5], 4) }, ({ a, b }) => tf.pow(a, b)),
    line({ a: flags, b: bools([5]) }, ({ a, b }) => tf.pow(a, b)),
  ],
  SquaredDifference: [
    ...arithmetic(tf.squaredDifference, UNREDUCED),
    line({ a: flags, b: bools([5]) }, ({ a, b }) => tf.squaredDifference(a, b)),
  ],
  AddN: [
    line({ a: x, b: x, c: x }, ({ a, b, c }) => tf.addN([a, b, c])),
    line({ a: whole, b: whole }, ({ a, b }) => tf.addN([a, b])),
  ],

  Equal: [
    ...comparison(tf.equal),
    line({ a: bools(['batch', 5]), b: bools([5]) }, ({ a, b }) => tf.equal(a, b)),
  ],
  NotEqual: [
    ...comparison(tf.notEqual),
    line({ a: bools(['batch', 5]), b: bools([5]) }, ({ a, b }) => tf.notEqual(a, b)),
  ],
  Greater: [...comparison(tf.greater), line({ a: flags, b: bools([5]) }, ({ a, b }) => tf.greater(a, b))],
  GreaterEqual: [
    ...comparison(tf.greaterEqual),
    line({ a: flags, b: bools([5]) }, ({ a, b }) => tf.greaterEqual(a, b)),
  ],
  Less: [...comparison(tf.less), line({ a: flags, b: bools([5]) }, ({ a, b }) => tf.less(a, b))],
  LessEqual: [
    ...comparison(tf.lessEqual),
    line({ a: flags, b: bools([5]) }, ({ a, b }) => tf.lessEqual(a, b)),
  ],
  LogicalAnd: logical(tf.logicalAnd),
  LogicalOr: logical(tf.logicalOr),
  LogicalNot: [unary(tf.logicalNot, bools(['batch', 5]))],
  LogicalXor: logical((a, b) => tf.engine().runKernel(tf.LogicalXor, { a, b })),
  BitwiseAnd: [
    line({ a: whole, b: whole }, ({ a, b }) => tf.bitwiseAnd(a, b), { since: 18 }),
    line({ a: all32, b: all32 }, ({ a, b }) => tf.bitwiseAnd(a, b), { since: 18 }),
  ],

  Square: [unary(tf.square), unary(tf.square, whole), unary(tf.square, flags)],
  Rsqrt: [unary(tf.rsqrt, positive)],
  Expm1: [
    unary(tf.expm1),
    unary((x) => tf.mul(tf.expm1(tf.mul(x, 1e-6)), 1e6)),
    unary(tf.expm1, wide),
    unary(tf.expm1, natural),
  ],
  Log1p: [
    unary(tf.log1p, positive),
    unary((x) => tf.mul(tf.log1p(tf.mul(x, 1e-6)), 1e6)),
    unary(tf.log1p, floats(['batch', 5], 0, 1e9)),
    // NaN below -1, -Infinity there.
    unary(tf.log1p, x, { gradient: 'infinite at -1' }),
    unary((x) => tf.log1p(tf.round(x)), x, { gradient: 'infinite at -1' }),
    unary(tf.log1p, natural),
  ],
  Relu6: [unary(tf.relu6, floats(['batch', 5], -3, 9)), unary(tf.relu6, whole), unary(tf.relu6, flags)],
  LeakyRelu: [
    unary((x) => tf.leakyRelu(x, 0.1)),
    unary((x) => tf.leakyRelu(x, 0)),
    unary((x) => tf.leakyRelu(x, 0.1), whole),
  ],
  Prelu: [
    line({ x, alpha: floats([5]) }, ({ x, alpha }) => tf.prelu(x, alpha)),
    line({ x: floats(['batch', 3, 4]), alpha: floats([3, 1]) }, ({ x, alpha }) => tf.prelu(x, alpha)),
    line({ x: whole, alpha: floats([5]) }, ({ x, alpha }) => tf.prelu(x, alpha), {
      gradient: 'of floats alone',
    }),
  ],
  Selu: [unary(tf.selu, x, { within: 2e-6 }), unary(tf.selu, ints(['batch', 5], 5, -4))],
  EluGrad: [
    line({ x }, ({ x }) => tf.grad((x) => tf.sum(tf.elu(x)))(x), { gradient: NONE }),
    line({ x: wide }, ({ x }) => tf.grad((x) => tf.sum(tf.elu(x)))(x), { gradient: NONE }),
  ],
  Step: [
    unary((x) => tf.step(x)),
    unary((x) => tf.step(x, 0.3)),
    unary((x) => tf.step(x), whole),
    unary((x) => tf.step(x), flags),
  ],
  ClipByValue: [
    unary((x) => tf.clipByValue(x, -1, 0.5)),
    unary((x) => tf.clipByValue(x, -3, 4), whole),
    unary((x) => tf.clipByValue(x, -1, 2), flags),
    unary((x) => tf.clipByValue(x, -Infinity, 1)),
  ],
  IsNan: [
    unary((x) => tf.isNaN(strange(x))),
    unary((x) => tf.isNaN(strange(tf.round(x)))),
    unary(tf.isNaN, whole),
  ].map(noGradient),
  IsInf: [
    unary((x) => tf.isInf(strange(x)), x),
    unary((x) => tf.isInf(tf.div(1, tf.round(x)))),
    unary((x) => tf.isInf(tf.div(0, tf.round(x)))),
    unary(tf.isInf, whole),
    unary(tf.isInf, flags),
  ].map(noGradient),
  IsFinite: [
    unary((x) => tf.isFinite(tf.div(1, tf.round(x)))),
    unary((x) => tf.isFinite(tf.div(0, tf.round(x)))),
    unary(tf.isFinite, whole),
    unary(tf.isFinite, flags),
  ].map(noGradient),
  Identity: [unary(tf.clone), unary((x) => tf.add(tf.clone(x), tf.clone(x))), unary(tf.clone, whole)],
  Cast: [
    unary((x) => tf.cast(x, 'int32'), x, { gradient: NONE }),
    unary((x) => tf.cast(x, 'bool'), floats(['batch', 5], -0.9, 0.9), { gradient: NONE }),
    unary((x) => tf.cast(x, 'bool'), whole),
    unary((x) => tf.cast(x, 'float32'), whole),
    unary((x) => tf.cast(x, 'float32'), bools(['batch', 5])),
    unary((x) => tf.cast(x, 'int32'), bools(['batch', 5])),
  ],
  Select: [
    line({ c: bools(['batch', 5]), a: x, b: x }, ({ c, a, b }) => tf.where(c, a, b)),
    line({ c: bools([5]), a: x, b: floats([]) }, ({ c, a, b }) => tf.where(c, a, b), {
      gradient: "tfjs's gradient of a tile is a loop over the batch",
    }),
    line({ c: flags, a: whole, b: whole }, ({ c, a, b }) => tf.where(c, a, b)),
    line({ c: flags, a: flags, b: flags }, ({ c, a, b }) => tf.where(c, a, b)),
    line({ c: flags, a: flags, b: whole }, ({ c, a, b }) => tf.where(c, a, b)),
    line({ c: flags, a: whole, b: x }, ({ c, a, b }) => tf.where(c, a, b), { gradient: 'of floats alone' }),
    unary((x) => tf.where(tf.greater(x, 0), tf.log(tf.abs(x)), tf.zerosLike(x)), x, {
      gradient: 'tfjs has none for the comparison',
    }),
  ],
};

function noGradient(each: Line): Line {
  return { ...each, options: { ...each.options, gradient: NONE } };
}
