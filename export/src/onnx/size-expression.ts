import type { Witnesses } from '../trace/witnesses.js';

/** How a size is worked out: from the sizes of named dimensions, or of a value that is there already. */
export type SizeExpression<Source> =
  | number
  | { readonly symbol: string }
  | { readonly source: Source }
  | {
      readonly op: 'Add' | 'Mul' | 'Div';
      readonly left: SizeExpression<Source>;
      readonly right: SizeExpression<Source>;
    };

/** A size that is known, as each trace measured it. */
interface Known<Source> {
  readonly expression: SizeExpression<Source>;
  readonly at: readonly number[];
}

type Found<Source> = SizeExpression<Source> | undefined;

/** The largest number that a size is divided by with a remainder: the stride of a network from end to end. */
const LARGEST_DIVISOR = 128;
/** Strides are powers of two, nearly always: where measurements fit several quotients, it is such a one. */
const DIVISORS = Array.from({ length: LARGEST_DIVISOR - 1 }, (_, i) => i + 2).sort(
  (p, q) => Number((p & (p - 1)) !== 0) - Number((q & (q - 1)) !== 0) || p - q,
);
/** Fewer measurements than this would fit some quotient, rounded down, by chance. */
const ENOUGH_FOR_QUOTIENTS = 5;

/**
 * The expression behind a size that was measured at several sizes of the symbols: a constant, a multiple plus a
 * constant, a quotient rounded down, a product of these, or a size of `others`, which were measured on values that
 * are there already. Each that is returned fits every measurement.
 */
export function findSizeExpression<Source>(
  measured: readonly number[],
  symbols: Witnesses,
  others: readonly Known<Source>[] = [],
): Found<Source> {
  if (measured.every((m) => m === measured[0])) return measured[0]!;
  const named = Object.entries(symbols)
    .map(([symbol, at]): Known<Source> => ({ expression: { symbol }, at }))
    .filter(({ at }) => at.some((n) => n !== at[0]));
  const all = [...named, ...others];
  return (
    first(named, (known) => affine(measured, known)) ??
    first(others, (known) => affine(measured, known)) ??
    first(all, (known) => timesAnother(measured, known, symbols, others)) ??
    first(all, (known) => quotient(measured, known))
  );
}

function first<S>(all: readonly Known<S>[], find: (known: Known<S>) => Found<S>): Found<S> {
  for (const known of all) {
    const found = find(known);
    if (found !== undefined) return found;
  }
  return undefined;
}

const multiple = <S>(a: number, of: SizeExpression<S>): SizeExpression<S> =>
  a === 1 ? of : { op: 'Mul', left: of, right: a };
const plus = <S>(left: SizeExpression<S>, b: number): SizeExpression<S> =>
  b === 0 ? left : { op: 'Add', left, right: b };

/** a * known + b */
function affine<S>(measured: readonly number[], { expression, at }: Known<S>): Found<S> {
  const other = at.findIndex((n) => n !== at[0]);
  if (other < 0) return undefined;
  const a = (measured[other]! - measured[0]!) / (at[other]! - at[0]!);
  const b = measured[0]! - a * at[0]!;
  if (!Number.isInteger(a) || a === 0 || measured.some((m, t) => m !== a * at[t]! + b)) return undefined;
  return plus(multiple(a, expression), b);
}

/** a * floor((known + d) / q) + c * known + b, the padding of a strided window among them. */
function quotient<S>(measured: readonly number[], { expression, at }: Known<S>): Found<S> {
  if (measured.length < ENOUGH_FOR_QUOTIENTS) return undefined;
  for (const c of [0, -1, 1]) {
    const rest = measured.map((m, t) => m - c * at[t]!);
    for (const q of DIVISORS) {
      const found = (d: number): Found<S> =>
        affine(rest, {
          expression: { op: 'Div', left: plus(expression, d), right: q },
          at: at.map((n) => Math.floor((n + d) / q)),
        });
      // Rounded up, as by a window with padding, or down; by another offset only if no other one fits.
      const between = Array.from({ length: q - 2 }, (_, i) => found(i + 1)).filter((f) => f !== undefined);
      const whole = found(q - 1) ?? found(0) ?? (between.length === 1 ? between[0] : undefined);
      if (whole === undefined) continue;
      return c === 0 ? whole : { op: 'Add', left: whole, right: multiple(c, expression) };
    }
  }
  return undefined;
}

/** A known size times another expression. */
function timesAnother<S>(
  measured: readonly number[],
  { expression, at }: Known<S>,
  symbols: Witnesses,
  others: readonly Known<S>[],
): Found<S> {
  const factor = measured.map((m, t) => m / at[t]!);
  // Each factor makes the rest smaller, so this comes to an end.
  if (at.some((n) => n < 2) || !factor.every((n) => Number.isInteger(n) && n > 0)) return undefined;
  const right = findSizeExpression(factor, symbols, others);
  return right === undefined ? undefined : { op: 'Mul', left: expression, right };
}

/** A size in words, as dimensions of a file are named: `2*batch`, `floor((height+1)/2)`. */
export function printSizeExpression<S>(expression: SizeExpression<S>): string | undefined {
  if (typeof expression === 'number') return String(expression);
  if ('symbol' in expression) return expression.symbol;
  if ('source' in expression) return undefined;
  const [left, right] = [printSizeExpression(expression.left), printSizeExpression(expression.right)];
  if (left === undefined || right === undefined) return undefined;
  switch (expression.op) {
    case 'Add':
      return right.startsWith('-') ? `${left}${right}` : `${left}+${right}`;
    case 'Mul':
      return /^-?\d+$/.test(right) ? `${right}*${factor(left)}` : `${factor(left)}*${factor(right)}`;
    case 'Div':
      return `floor(${left.includes('+') ? `(${left})` : left}/${right})`;
  }
}

const factor = (text: string): string => (/^[\w*]+$|^floor\([^+]*\)$/.test(text) ? text : `(${text})`);
