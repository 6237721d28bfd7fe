import type { Node, Value } from '../../graph/graph.js';
import type { Parts } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { mapSizes, product } from '../../graph/sizes.js';
import { sizeValue, upTo } from '../../graph/up-to.js';

/**
 * Up to this length a transform is one product with its matrix: beyond it a split is faster, and needs less room.
 *
 * Measured on ONNX Runtime's CPU provider, 100 rows of complex numbers, one thread, against its own DFT operator:
 * length 512 0.40 ms (DFT 1.07), 1024 0.88 (2.27), 2048 2.2 (10.3), 400 0.41 (8.65, and an error of 5e-5 where this one
 * has 2e-7). The operator has no WebGPU form either.
 */
const DIRECT = 128;

/** The same for a length that does not split: beyond it three transforms of more than twice the length are faster. */
const DIRECT_PRIME = 512;

/** Complex constants, as complex numbers are worked with. */
interface Factors {
  readonly cos: Value;
  readonly sin: Value;
}

type Product = (x: Value, factor: Value) => Value;

/** (a + ib)(c + is), with any product that distributes over sums. */
function multiply({ real, imag }: Parts, { cos, sin }: Factors, times: Product): Required<Parts> {
  const [ac, as] = [times(real, cos), times(real, sin)];
  return imag
    ? { real: g.sub(ac, times(imag, sin)), imag: g.add(as, times(imag, cos)) }
    : { real: ac, imag: as };
}

const each = ({ real, imag }: Parts, f: (v: Value) => Value): Parts =>
  imag ? { real: f(real), imag: f(imag) } : { real: f(real) };

const known = new Map<string, Float32Array>();

/**
 * scale * e^(i pi turns(row, column)), worked out in float64. Every trace of every transform shares one array, which is
 * how the copies of a matrix are known to be one.
 */
function factors(
  witnesses: number,
  shape: readonly [number, number],
  turns: (row: number, column: number) => number,
  key: string,
  scale = 1,
): Factors {
  const array = (name: string, f: (angle: number) => number) => {
    const full = `${name} ${key} ${shape.join()} ${scale}`;
    const values =
      known.get(full) ??
      Float32Array.from(
        { length: product(shape) },
        (_, i) => scale * f(Math.PI * turns(Math.floor(i / shape[1]), i % shape[1])),
      );
    known.set(full, values);
    return g.constant('float32', shape, values, witnesses);
  };
  return { cos: array('cos', Math.cos), sin: array('sin', Math.sin) };
}

/** e^(sign 2 pi i row column / n): the matrix of a transform, and what twiddles between the two halves of one. */
const roots = (
  witnesses: number,
  rows: number,
  columns: number,
  n: number,
  sign: number,
  scale?: number,
): Factors =>
  factors(
    witnesses,
    [rows, columns],
    // Modulo n while whole, so that the angle is as exact for the last row as for the first.
    (row, column) => (sign * 2 * ((row * column) % n)) / n,
    `root ${sign * n}`,
    scale,
  );

const swapLastTwo = (x: Value): Value => {
  const axes = x.shape.map((_, i) => i);
  return g.transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
};

/** The largest divisor that is small enough for a matrix, and no larger than what it leaves. */
function divisor(n: number): number {
  for (let p = Math.min(DIRECT, Math.floor(Math.sqrt(n))); p > 1; p--) if (n % p === 0) return p;
  return 1;
}

export function fourierTransform({ attrs }: Node, [real, imag]: Value[]): Value[] {
  const x = imag ? { real: real!, imag } : { real: real! };
  const inverse = attrs['inverse'] === 1;
  const made = Number.isNaN(x.real.shape.at(-1)!) ? ofAnyLength(x, inverse) : transform(x, inverse);
  return [made.real, made.imag];
}

/** By a matrix that is made when the length is known, of angles that are exact before they are rounded to float32. */
function ofAnyLength(x: Parts, inverse: boolean): Required<Parts> {
  const length = x.real.shapes.map((s) => s.at(-1)!);
  const places = upTo(length, 'int64');
  const column = g.reshape(
    places,
    length.map((n) => [n, 1]),
  );
  const steps = g.emit('Mod', [g.mul(column, places), sizeValue(length, 'int64')], {
    dtype: 'int64',
    shapes: length.map((n) => [n, n]),
  });
  const n = sizeValue(length, 'float32');
  const turn = g.scalar((inverse ? 2 : -2) * Math.PI, n);
  const angle = g.mul(g.div(g.cast(steps, 'float32'), n), turn);
  const scaled = (v: Value) => (inverse ? g.div(v, n) : v);
  return multiply(x, { cos: scaled(g.unary('Cos', angle)), sin: scaled(g.unary('Sin', angle)) }, g.matMul);
}

/** As products with matrices, of a length that is known. */
function transform(x: Parts, inverse: boolean): Required<Parts> {
  const n = x.real.shape.at(-1)!;
  const witnesses = x.real.shapes.length;
  const sign = inverse ? 1 : -1;
  const p = divisor(n);
  if (n <= DIRECT || (p === 1 && n <= DIRECT_PRIME)) {
    return multiply(x, roots(witnesses, n, n, n, sign, inverse ? 1 / n : 1), g.matMul);
  }
  return p === 1 ? chirp(x, inverse) : split(x, p, inverse);
}

/**
 * Cooley and Tukey's split of a length p q: with j = q j1 + j2 and k = k1 + p k2, a transform over j1, a twiddle, a
 * transform over j2.
 */
function split(x: Parts, p: number, inverse: boolean): Required<Parts> {
  const n = x.real.shape.at(-1)!;
  const q = n / p;
  const sign = inverse ? 1 : -1;
  const witnesses = x.real.shapes.length;
  const rows = each(x, (v) =>
    g.reshape(
      v,
      mapSizes(v.shapes, (s) => [...s.slice(0, -1), p, q]),
    ),
  );
  const columns = multiply(rows, roots(witnesses, p, p, p, sign, inverse ? 1 / p : 1), (v, matrix) =>
    g.matMul(matrix, v),
  );
  const { real, imag } = transform(multiply(columns, roots(witnesses, p, q, n, sign), g.mul), inverse);
  const inOrder = (v: Value) => g.reshape(swapLastTwo(v), x.real.shapes);
  return { real: inOrder(real), imag: inOrder(imag) };
}

/**
 * Bluestein's transform of a length that does not split: jk = (j^2 + k^2 - (k - j)^2) / 2 makes a convolution of it,
 * which transforms of a power of two do.
 */
function chirp(x: Parts, inverse: boolean): Required<Parts> {
  const { shapes, rank } = x.real;
  const witnesses = shapes.length;
  const n = shapes[0]!.at(-1)!;
  const m = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const sign = inverse ? 1 : -1;
  // Modulo 2 n, after which the angle repeats.
  const square = (j: number) => ((j * j) % (2 * n)) / n;
  const wave = (scale?: number) =>
    factors(witnesses, [1, n], (_, j) => sign * square(j), `chirp ${sign * n}`, scale);
  // j = 0 .. n - 1, and from the end -1, -2 .. -(n - 1).
  const { cos, sin } = factors(
    witnesses,
    [1, m],
    (_, j) => -sign * square(Math.min(j, m - j)),
    `filter ${sign * n}`,
  );

  const none = g.repeat(new Array<number>(rank).fill(0), witnesses);
  const widths = mapSizes(none, (s) => [...s, ...s.slice(1), m - n]);
  const padded = each(multiply(x, wave(), g.mul), (v) => g.pad(v, widths));
  const filter = transform({ real: cos, imag: sin }, false);
  const product = multiply(transform(padded, false), { cos: filter.real, sin: filter.imag }, g.mul);
  const convolved = each(transform(product, true), (v) => g.slice(v, none, shapes));
  return multiply(convolved, wave(inverse ? 1 / n : 1), g.mul);
}
