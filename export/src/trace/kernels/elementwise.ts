import {
  upcastType,
  type CastAttrs,
  type ClipByValueAttrs,
  type LeakyReluAttrs,
  type StepAttrs,
  type DataType as TfDataType,
} from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { castTo, onFloats, onNumbers } from './numbers.js';
import { input, type Inputs, type Rule, type Rules } from './rule.js';

const x = (inputs: Inputs) => input(inputs, 'x');
const floatX = (inputs: Inputs) => g.cast(x(inputs), 'float32');

/** Kernels that are one ONNX operator of the same meaning. */
const UNARY = { Abs: 'Abs', Neg: 'Neg', Relu: 'Relu' } as const;

/** The same, of floats alone. */
const UNARY_OF_FLOATS = {
  Acos: 'Acos',
  Acosh: 'Acosh',
  Asin: 'Asin',
  Asinh: 'Asinh',
  Atan: 'Atan',
  Atanh: 'Atanh',
  Ceil: 'Ceil',
  Cos: 'Cos',
  Cosh: 'Cosh',
  Elu: 'Elu',
  Erf: 'Erf',
  Floor: 'Floor',
  Log: 'Log',
  Reciprocal: 'Reciprocal',
  Sigmoid: 'Sigmoid',
  Sin: 'Sin',
  Sinh: 'Sinh',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tan: 'Tan',
  Tanh: 'Tanh',
} as const;

const BINARY = { Add: 'Add', Sub: 'Sub', Multiply: 'Mul', Maximum: 'Max', Minimum: 'Min' } as const;

const COMPARE = {
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
} as const;

const each = (table: Readonly<Record<string, string>>, rule: (op: string) => Rule): Rules =>
  Object.fromEntries(Object.entries(table).map(([kernel, op]) => [kernel, rule(op)]));

const ab = (inputs: Inputs): [Value, Value] => [input(inputs, 'a'), input(inputs, 'b')];

/** Of |x| with infinity. */
const compareMagnitude = (op: string, v: Value) => g.compare(op, g.unary('Abs', v), g.scalar(Infinity, v));

/** x > 0 as a condition. */
const positive = (v: Value) => g.compare('Greater', v, g.scalar(0, v));

const not = (v: Value) => g.unary('Not', v);

/**
 * The divisor of whole numbers, 1 in the place of 0, which ONNX Runtime refuses, and of -1, by which the smallest number
 * cannot be divided; and where those are. A constant that has neither is left as it is.
 */
function safeDivisor(b: Value): { safe: Value; isZero?: Value; isMinusOne?: Value } {
  if (b.data && !Array.from(b.data, Number).some((n) => n === 0 || n === -1)) return { safe: b };
  const isZero = g.compare('Equal', b, g.scalar(0, b));
  const isMinusOne = g.compare('Equal', b, g.scalar(-1, b));
  return { safe: g.where(g.compare('Or', isZero, isMinusOne), g.scalar(1, b), b), isZero, isMinusOne };
}

/** The largest whole number that is not larger than a / b. ONNX truncates whole numbers. */
function floored(a: Value, b: Value): Value {
  const quotient = g.div(a, b);
  // One too many where something is left over and the signs of a and b differ.
  const rest = g.sub(a, g.mul(quotient, b));
  const negative = (v: Value) => g.cast(g.compare('Less', v, g.scalar(0, v)), 'int32');
  const apart = not(g.compare('Equal', negative(rest), negative(b)));
  const inexact = not(g.compare('Equal', rest, g.scalar(0, rest)));
  return g.sub(quotient, g.cast(g.compare('And', apart, inexact), 'int32'));
}

/** floor(a / b); 0 where whole numbers are divided by 0. */
function floorDivide(a: Value, b: Value): Value {
  if (a.dtype === 'float32') return g.unary('Floor', g.div(a, b));
  const { safe, isZero, isMinusOne } = safeDivisor(b);
  const quotient = floored(a, safe);
  if (!isZero || !isMinusOne) return quotient;
  return g.where(isZero, g.scalar(0, b), g.where(isMinusOne, g.unary('Neg', a), quotient));
}

/** a - b floor(a / b), of the sign of b; 0 where whole numbers are divided by 0. */
function modulo(a: Value, b: Value): Value {
  if (a.dtype === 'float32') return g.sub(a, g.mul(b, floorDivide(a, b)));
  const { safe } = safeDivisor(b);
  return g.sub(a, g.mul(safe, floored(a, safe)));
}

/** e^x - 1 without the cancellation at small x. */
const expm1 = (v: Value): Value =>
  g.mul(g.unary('Tanh', g.mul(v, g.scalar(0.5, v))), g.add(g.unary('Exp', v), g.scalar(1, v)));

/** log(1 + x) without the cancellation at small x: sinh(log(1 + x)) is x (1 + 1 / (1 + x)) / 2. */
function log1p(v: Value): Value {
  const inverse = g.unary('Reciprocal', g.add(v, g.scalar(1, v)));
  const half = g.scalar(0.5, v);
  const found = g.unary('Asinh', g.mul(v, g.add(half, g.mul(half, inverse))));
  return g.where(g.compare('Less', v, g.scalar(-1, v)), g.scalar(NaN, v), found);
}

function selu(v: Value): Value {
  const scale = 1.0507009873554805;
  const alpha = 1.6732632423543772;
  const negative = g.mul(expm1(v), g.scalar(scale * alpha, v));
  return g.where(positive(v), g.mul(v, g.scalar(scale, v)), negative);
}

/** The angle of the point (x, y), from the arc tangent, which knows it up to half a turn. */
function angle(y: Value, x: Value): Value {
  const zero = g.scalar(0, x);
  const half = g.scalar(Math.PI, x);
  const turn = g.where(g.compare('Less', y, zero), g.unary('Neg', half), half);
  const upright = g.compare('Equal', x, zero);
  // A negative zero would turn the angle round.
  const from = g.unary('Atan', g.div(y, g.where(upright, zero, x)));
  const origin = g.compare('And', upright, g.compare('Equal', y, zero));
  return g.where(origin, zero, g.where(g.compare('Less', x, zero), g.add(from, turn), from));
}

/** Of two types the wider one; ONNX Runtime has no choice between bools. */
function select(condition: Value, t: Value, e: Value): Value {
  const dtype = upcastType(t.dtype as TfDataType, e.dtype as TfDataType);
  const choose = (t: Value, e: Value) => g.where(condition, t, e);
  return onNumbers([castTo(t, dtype), castTo(e, dtype)], choose);
}

export const elementwise: Rules = {
  ...each(UNARY, (op) => (inputs) => onNumbers([x(inputs)], (v) => g.unary(op, v))),
  ...each(UNARY_OF_FLOATS, (op) => (inputs) => onFloats([x(inputs)], (v) => g.unary(op, v))),
  ...each(BINARY, (op) => (inputs) => onNumbers(ab(inputs), (a, b) => g.binary(op, a, b))),
  ...each(COMPARE, (op) => (inputs) => {
    const [a, b] = ab(inputs);
    // Equal has no bool form on every provider, and an order of bools is none of ONNX's.
    return a.dtype === 'bool' && op !== 'And' && op !== 'Or'
      ? g.compare(op, g.cast(a, 'int32'), g.cast(b, 'int32'))
      : g.compare(op, a, b);
  }),
  NotEqual: (inputs) => {
    const [a, b] = ab(inputs).map((v) => (v.dtype === 'bool' ? g.cast(v, 'int32') : v)) as [Value, Value];
    return not(g.compare('Equal', a, b));
  },
  LogicalNot: (inputs) => not(x(inputs)),
  LogicalXor: (inputs) => {
    const [a, b] = ab(inputs);
    return not(g.compare('Equal', g.cast(a, 'int32'), g.cast(b, 'int32')));
  },
  BitwiseAnd: (inputs) => g.binary('BitwiseAnd', ...ab(inputs)),
  AddN: (inputs) => Object.values(inputs).reduce(g.add),
  RealDiv: (inputs) => {
    const [a, b] = ab(inputs);
    return g.div(g.cast(a, 'float32'), g.cast(b, 'float32'));
  },
  FloorDiv: (inputs) => g.cast(onNumbers(ab(inputs), floorDivide), 'int32'),
  Mod: (inputs) => onNumbers(ab(inputs), modulo),
  Atan2: (inputs) => onFloats(ab(inputs), angle),
  Pow: (inputs) => onNumbers(ab(inputs), (a, b) => g.binary('Pow', a, b)),
  SquaredDifference: (inputs) =>
    onNumbers(ab(inputs), (a, b) => {
      const difference = g.sub(a, b);
      return g.mul(difference, difference);
    }),
  Square: (inputs) => onNumbers([x(inputs)], (v) => g.mul(v, v)),
  Rsqrt: (inputs) => onFloats([x(inputs)], (v) => g.unary('Reciprocal', g.unary('Sqrt', v))),
  Exp: (inputs) => g.unary('Exp', floatX(inputs)),
  Round: (inputs) => (x(inputs).dtype === 'float32' ? g.unary('Round', x(inputs)) : x(inputs)),
  // Not ONNX's, which WebGPU has not, and which gives NaN for NaN where tfjs gives 0.
  Sign: (inputs) => {
    const v = x(inputs);
    if (v.dtype === 'bool') return v;
    const is = (op: string) => g.cast(g.compare(op, v, g.scalar(0, v)), v.dtype);
    return g.sub(is('Greater'), is('Less'));
  },
  Expm1: (inputs) => onFloats([x(inputs)], expm1),
  Log1p: (inputs) => onFloats([x(inputs)], log1p),
  Relu6: (inputs) => onNumbers([x(inputs)], (v) => g.unary('Relu', g.binary('Min', v, g.scalar(6, v)))),
  LeakyRelu: (inputs, { alpha }: LeakyReluAttrs) => g.unary('LeakyRelu', floatX(inputs), { alpha }),
  Prelu: (inputs) => {
    const v = floatX(inputs);
    return g.where(
      g.compare('GreaterOrEqual', v, g.scalar(0, v)),
      v,
      g.mul(v, g.cast(input(inputs, 'alpha'), 'float32')),
    );
  },
  Selu: (inputs) => onFloats([x(inputs)], selu),
  // d elu / dx from elu's output y: 1 where y >= 0, else y + 1.
  EluGrad: (inputs) => {
    const y = input(inputs, 'y');
    const dy = input(inputs, 'dy');
    return g.mul(
      dy,
      g.where(g.compare('GreaterOrEqual', y, g.scalar(0, y)), g.scalar(1, y), g.add(y, g.scalar(1, y))),
    );
  },
  // NaN stays NaN in tfjs; a trace takes step(NaN) as alpha.
  Step: (inputs, { alpha }: StepAttrs) =>
    onNumbers([x(inputs)], (v) => g.where(positive(v), g.scalar(1, v), g.scalar(alpha, v))),
  ClipByValue: (inputs, { clipValueMin, clipValueMax }: ClipByValueAttrs) =>
    onNumbers([x(inputs)], (v) =>
      g.binary('Min', g.binary('Max', v, g.scalar(clipValueMin, v)), g.scalar(clipValueMax, v)),
    ),
  IsNan: (inputs) => not(g.compare('Equal', floatX(inputs), floatX(inputs))),
  IsInf: (inputs) => compareMagnitude('Equal', floatX(inputs)),
  IsFinite: (inputs) => compareMagnitude('Less', floatX(inputs)),
  Identity: (inputs) => x(inputs),
  Cast: (inputs, { dtype }: CastAttrs) => castTo(x(inputs), dtype),
  Select: (inputs) => select(input(inputs, 'condition'), input(inputs, 't'), input(inputs, 'e')),
};
