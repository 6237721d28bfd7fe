import { permutation } from '../noise/uniform.js';
import { checkSteps } from './check.js';

export interface MaxPairwiseDistanceOptions {
  /** Points at most, all pairs of which are looked at; 2,000 by default. Of more data that many are drawn. */
  subset?: number;
  /** Of the draw, 0 by default. */
  seed?: number;
}

/**
 * The largest Euclidean distance between two data points, which sigma_1 should be as large as (Song and Ermon, "Improved
 * techniques for training score-based generative models", 2020, technique 1). Of more than `subset` points it is that of
 * the points drawn, and so a little less than that of all.
 *
 * @param data [n, size] by rows.
 * @param size numbers of a point.
 * @throws RangeError if the data are not at least two points of `size` numbers.
 */
export function maxPairwiseDistance(
  data: ArrayLike<number>,
  size: number,
  { subset = 2000, seed = 0 }: MaxPairwiseDistanceOptions = {},
): number {
  checkSteps('size', size);
  checkSteps('subset', subset);
  const n = data.length / size;
  if (!(Number.isInteger(n) && n >= 2)) {
    throw new RangeError(`data has ${data.length} numbers; expected two or more points of ${size}.`);
  }
  const order = permutation(n, { seed }).subarray(0, subset);
  let largest = 0;
  for (let i = 1; i < order.length; i++) {
    for (let j = 0; j < i; j++) {
      largest = Math.max(largest, squaredDistance(data, order[i]! * size, order[j]! * size, size));
    }
  }
  return Math.sqrt(largest);
}

/** Between the points that begin at `a` and `b`. */
function squaredDistance(data: ArrayLike<number>, a: number, b: number, size: number): number {
  let sum = 0;
  for (let k = 0; k < size; k++) sum += (data[a + k]! - data[b + k]!) ** 2;
  return sum;
}
