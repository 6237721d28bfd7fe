import type {
  CastAttrs,
  ClipByValueAttrs,
  LeakyReluAttrs,
  StepAttrs,
  DataType as TfDataType,
} from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { input, type Inputs, type Rule, type Rules } from './rule.js';

const x = (inputs: Inputs) => input(inputs, 'x');
const floatX = (inputs: Inputs) => g.cast(x(inputs), 'float32');

/** Kernels that are one ONNX operator of the same meaning. */
const UNARY = {
  Abs: 'Abs',
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
  Neg: 'Neg',
  Reciprocal: 'Reciprocal',
  Relu: 'Relu',
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

/** x > 0 as a condition. */
const positive = (v: Value) => g.compare('Greater', v, g.scalar(0, v));

const not = (v: Value) => g.unary('Not', v);

/** The largest whole number that is not larger than a / b. */
function floorDivide(a: Value, b: Value): Value {
  const quotient = g.div(a, b);
  if (a.dtype === 'float32') return g.unary('Floor', quotient);
  // ONNX truncates int32, which is one too many where something is left over and the signs of a and b differ.
  const rest = g.sub(a, g.mul(quotient, b));
  const negative = (v: Value) => g.cast(g.compare('Less', v, g.scalar(0, v)), 'int32');
  const apart = not(g.compare('Equal', negative(rest), negative(b)));
  const inexact = not(g.compare('Equal', rest, g.scalar(0, rest)));
  return g.sub(quotient, g.cast(g.compare('And', apart, inexact), 'int32'));
}

/** e^x - 1 without the cancellation at small x. */
const expm1 = (v: Value): Value =>
  g.mul(g.unary('Tanh', g.mul(v, g.scalar(0.5, v))), g.add(g.unary('Exp', v), g.scalar(1, v)));

/** log(1 + x) without the cancellation at small x: sinh(log(1 + x)) is x (1 + 1 / (1 + x)) / 2. */
function log1p(v: Value): Value {
  const inverse = g.unary('Reciprocal', g.add(v, g.scalar(1, v)));
  const half = g.scalar(0.5, v);
  return g.unary('Asinh', g.mul(v, g.add(half, g.mul(half, inverse))));
}

/** The angle of the point (x, y), from the arc tangent, which knows it up to half a turn. */
function angle(y: Value, x: Value): Value {
  const zero = g.scalar(0, x);
  const half = g.scalar(Math.PI, x);
  const turn = g.where(g.compare('Less', y, zero), g.unary('Neg', half), half);
  const from = g.unary('Atan', g.div(y, x));
  const origin = g.compare('And', g.compare('Equal', x, zero), g.compare('Equal', y, zero));
  return g.where(origin, zero, g.where(g.compare('Less', x, zero), g.add(from, turn), from));
}

export const elementwise: Rules = {
  ...each(UNARY, (op) => (inputs) => g.unary(op, x(inputs))),
  ...each(BINARY, (op) => (inputs) => g.binary(op, ...ab(inputs))),
  ...each(COMPARE, (op) => (inputs) => {
    const [a, b] = ab(inputs);
    // Equal has no bool form on every provider.
    return op === 'Equal' && a.dtype === 'bool'
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
  FloorDiv: (inputs) => g.cast(floorDivide(...ab(inputs)), 'int32'),
  // tfjs's mod takes the sign of the divisor.
  Mod: (inputs) => {
    const [a, b] = ab(inputs);
    return g.sub(a, g.mul(b, floorDivide(a, b)));
  },
  Atan2: (inputs) => angle(...ab(inputs)),
  Pow: (inputs) => {
    const [a, b] = ab(inputs);
    return g.binary('Pow', a, b);
  },
  SquaredDifference: (inputs) => {
    const difference = g.sub(...ab(inputs));
    return g.mul(difference, difference);
  },
  Square: (inputs) => g.mul(x(inputs), x(inputs)),
  Rsqrt: (inputs) => g.unary('Reciprocal', g.unary('Sqrt', x(inputs))),
  Exp: (inputs) => g.unary('Exp', floatX(inputs)),
  Round: (inputs) => (x(inputs).dtype === 'float32' ? g.unary('Round', x(inputs)) : x(inputs)),
  // Not ONNX's, which WebGPU has not, and which gives NaN for NaN where tfjs gives 0.
  Sign: (inputs) => {
    const v = x(inputs);
    const is = (op: string) => g.cast(g.compare(op, v, g.scalar(0, v)), v.dtype);
    return g.sub(is('Greater'), is('Less'));
  },
  Expm1: (inputs) => expm1(x(inputs)),
  Log1p: (inputs) => log1p(x(inputs)),
  Relu6: (inputs) => g.unary('Relu', g.binary('Min', x(inputs), g.scalar(6, x(inputs)))),
  LeakyRelu: (inputs, { alpha }: LeakyReluAttrs) => g.unary('LeakyRelu', floatX(inputs), { alpha }),
  Prelu: (inputs) => {
    const v = floatX(inputs);
    return g.where(g.compare('GreaterOrEqual', v, g.scalar(0, v)), v, g.mul(v, input(inputs, 'alpha')));
  },
  Selu: (inputs) => {
    const scale = 1.0507009873554805;
    const alpha = 1.6732632423543772;
    const v = x(inputs);
    const negative = g.mul(expm1(v), g.scalar(scale * alpha, v));
    return g.where(positive(v), g.mul(v, g.scalar(scale, v)), negative);
  },
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
    g.where(positive(x(inputs)), g.scalar(1, x(inputs)), g.scalar(alpha, x(inputs))),
  ClipByValue: (inputs, { clipValueMin, clipValueMax }: ClipByValueAttrs) =>
    g.binary(
      'Min',
      g.binary('Max', x(inputs), g.scalar(clipValueMin, x(inputs))),
      g.scalar(clipValueMax, x(inputs)),
    ),
  IsNan: (inputs) => not(g.compare('Equal', x(inputs), x(inputs))),
  IsInf: (inputs) => g.compare('Equal', g.unary('Abs', x(inputs)), g.scalar(Infinity, x(inputs))),
  IsFinite: (inputs) => g.compare('Less', g.unary('Abs', x(inputs)), g.scalar(Infinity, x(inputs))),
  Identity: (inputs) => x(inputs),
  Cast: (inputs, { dtype }: CastAttrs) => castTo(x(inputs), dtype),
  Select: (inputs) => g.where(input(inputs, 'condition'), input(inputs, 't'), input(inputs, 'e')),
};

/** tfjs truncates float to int, as ONNX does, and takes anything but 0 as true. */
function castTo(v: Value, dtype: TfDataType): Value {
  if (dtype === 'float32' || dtype === 'int32') return g.cast(v, dtype);
  if (dtype === 'bool') return v.dtype === 'bool' ? v : not(g.compare('Equal', v, g.scalar(0, v)));
  throw new Error(`Cast to ${dtype} cannot be traced: only float32, int32 and bool can.`);
}
