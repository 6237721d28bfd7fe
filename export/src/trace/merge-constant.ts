import { Value, type Data } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { isFixed, product, type Sizes } from '../graph/sizes.js';
import { sizeValue } from '../graph/up-to.js';

/**
 * One constant for what several traces have in its place: the same numbers, or numbers that follow the sizes.
 *
 * @returns undefined if the constants differ in another way
 */
export function mergeConstant(values: readonly Value[]): Value | undefined {
  const { dtype, data } = values[0]!;
  const shapes = values.map((v) => v.shape);
  const anyNumber = values.map((v) => uniform(v.data!)).find((n) => n !== undefined);
  // What is empty in one trace is of whatever number it is in the others.
  const numbers = values.map((v) => (v.data!.length === 0 ? anyNumber : uniform(v.data!)));
  if (isFixed(shapes) && values.every((v) => sameData(data!, v.data!))) {
    // tf.ones and tf.zeros come as arrays; as one number, spread, they cost nothing and passes see through them.
    return numbers[0] === undefined || data!.length === 1 || values[0]!.name !== undefined
      ? new Value(dtype, shapes, data)
      : g.expand(g.constant(dtype, [], [numbers[0]], values.length), shapes);
  }
  // Two traces are at one and the same size.
  if (values.length === 2) return undefined;
  if (numbers.every((n) => n !== undefined)) {
    const number = mergeNumber(numbers, values[0]!);
    return number && g.expand(number, shapes);
  }
  return mergeProgression(values) ?? mergeVector(values);
}

/** A number that follows the sizes, such as the count that a mean divides by, or one over it. */
function mergeNumber(numbers: readonly number[], { dtype }: Value): Value | undefined {
  if (numbers.every((n) => Object.is(n, numbers[0]))) {
    return g.constant(dtype, [], [numbers[0]!], numbers.length);
  }
  if (numbers.every((n) => Number.isInteger(n))) return sizeValue(numbers, dtype);
  const inverse = numbers.map((n) => Math.round(1 / n));
  if (dtype !== 'float32' || numbers.some((n, t) => Math.fround(1 / inverse[t]!) !== n)) return undefined;
  return g.div(g.constant(dtype, [], [1], numbers.length), sizeValue(inverse, dtype));
}

/** tf.range over a size: as many numbers as it is large, from the same start by the same step. */
function mergeProgression(values: readonly Value[]): Value | undefined {
  const { dtype } = values[0]!;
  if (dtype === 'bool' || values.some((v) => v.rank !== 1)) return undefined;
  const longest = values.reduce((a, b) => (b.data!.length > a.data!.length ? b : a)).data!;
  const [start, second] = [Number(longest[0]), Number(longest[1])];
  const step = second - start;
  const round = dtype === 'float32' ? Math.fround : (n: number) => n;
  const follows = ({ data }: Value) => data!.every((n, i) => Object.is(Number(n), round(start + i * step)));
  if (!Number.isInteger(start) || !Number.isInteger(step) || step === 0 || !values.every(follows))
    return undefined;
  const limits = values.map(({ data }) => start + data!.length * step);
  const scalar = (n: number) => g.constant(dtype, [], [n], values.length);
  return g.emit('Range', [scalar(start), sizeValue(limits, dtype), scalar(step)], {
    dtype,
    shapes: values.map((v) => v.shape),
  });
}

/** A few numbers, such as a shape, some of which follow the sizes. */
function mergeVector(values: readonly Value[]): Value | undefined {
  const shapes: Sizes = values.map((v) => v.shape);
  const count = product(shapes[0]!);
  const whole = values.every((v) => v.data!.every((n) => Number.isInteger(Number(n))));
  if (!isFixed(shapes) || count > LONGEST_VECTOR || !whole) return undefined;
  const parts = Array.from(
    { length: count },
    (_, i) =>
    g.reshape(mergeNumber(values.map((v) => Number(v.data![i])), values[0]!)!, shapes.map(() => [1])), // prettier-ignore
  );
  return g.reshape(g.concat(parts, 0), shapes);
}

/** Longer arrays of whole numbers that differ are data. */
const LONGEST_VECTOR = 16;

const sameData = (a: Data, b: Data): boolean => {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  // Object.is, so that two NaN are the same.
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
};

const uniform = (data: Data): number | undefined => {
  const value = data[0];
  for (const other of data) if (!Object.is(other, value)) return undefined;
  return value === undefined ? undefined : Number(value);
};
