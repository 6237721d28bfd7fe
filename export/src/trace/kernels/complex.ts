import type { CastAttrs } from '@tensorflow/tfjs-core';
import type { Value } from '../../graph/graph.js';
import { fourierTransform } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { product } from '../../graph/sizes.js';
import { elementwise } from './elementwise.js';
import { fillings } from './filling.js';
import { Complex, input, type ComplexRule, type ComplexRules, type Recorded, type Rule } from './rule.js';
import { shapes } from './shape.js';

type Part = 'real' | 'imag';

const zeros = (like: Value): Value => g.expand(g.scalar(0, like, 'float32'), like.shapes);

const complex = (x: Recorded): Complex =>
  x instanceof Complex ? x : new Complex(g.cast(x, 'float32'), zeros(x));

/** A kernel that does the same to the real and to the imaginary part. */
const partwise =
  (rule: Rule): ComplexRule =>
  (inputs, attrs) => {
    const of = (part: Part) =>
      rule(
        Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, complex(x)[part]])),
        attrs,
      ) as Value;
    return new Complex(of('real'), of('imag'));
  };

const PARTWISE = {
  Add: elementwise['Add']!,
  Sub: elementwise['Sub']!,
  Identity: elementwise['Identity']!,
  ZerosLike: fillings['ZerosLike']!,
  Reshape: shapes['Reshape']!,
  ExpandDims: shapes['ExpandDims']!,
  Concat: shapes['Concat']!,
  Pack: shapes['Pack']!,
};

/** A constant zero, or one that was spread. */
const isZero = (x: Value): boolean => {
  const { data } = x.producer?.op === 'Expand' ? x.producer.inputs[0]! : x;
  return data !== undefined && data.every((v: number | bigint) => Number(v) === 0);
};

const fourier =
  (inverse: boolean): ComplexRule =>
  (inputs) => {
    const { real, imag } = complex(input(inputs, 'input'));
    if (product(real.shape) === 0) return new Complex(real, imag);
    const matrix = (v: Value) => (v.rank > 1 ? v : g.reshape(v, [[1, ...v.shape]]));
    // Of real numbers, as rfft has them, half the products are zero.
    const parts = isZero(imag) ? { real: matrix(real) } : { real: matrix(real), imag: matrix(imag) };
    const made = fourierTransform(parts, inverse);
    return new Complex(g.reshape(made.real, [real.shape]), g.reshape(made.imag, [real.shape]));
  };

/** What kernels do with complex numbers: as many as tfjs's cpu backend knows. */
export const complexes: ComplexRules = {
  ...Object.fromEntries(Object.entries(PARTWISE).map(([name, rule]) => [name, partwise(rule)])),
  Complex: (inputs) => {
    const part = (name: Part) => g.cast(input(inputs, name) as Value, 'float32');
    return new Complex(part('real'), part('imag'));
  },
  Real: (inputs) => complex(input(inputs, 'input')).real,
  Imag: (inputs) => complex(input(inputs, 'input')).imag,
  ComplexAbs: (inputs) => {
    const { real, imag } = complex(input(inputs, 'x'));
    const [a, b] = [g.unary('Abs', real), g.unary('Abs', imag)];
    // By the larger part, whose square may be too large or too small for a float.
    const [large, small] = [g.binary('Max', a, b), g.binary('Min', a, b)];
    const one = g.scalar(1, large);
    const divisor = g.where(g.compare('Greater', large, g.scalar(0, large)), large, one);
    const ratio = g.div(small, divisor);
    return g.mul(large, g.unary('Sqrt', g.add(g.mul(ratio, ratio), one)));
  },
  Cast: (inputs, attrs: CastAttrs) => {
    const x = complex(input(inputs, 'x'));
    return attrs.dtype === 'complex64' ? x : elementwise['Cast']!({ x: x.real }, attrs);
  },
  OnesLike: (inputs) => {
    const { real } = complex(input(inputs, 'x'));
    return new Complex(fillings['OnesLike']!({ x: real }, {}) as Value, zeros(real));
  },
  Multiply: (inputs) => {
    const [a, b] = [complex(input(inputs, 'a')), complex(input(inputs, 'b'))];
    return new Complex(
      g.sub(g.mul(a.real, b.real), g.mul(a.imag, b.imag)),
      g.add(g.mul(a.real, b.imag), g.mul(a.imag, b.real)),
    );
  },
  FFT: fourier(false),
  IFFT: fourier(true),
};
