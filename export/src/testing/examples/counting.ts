import * as tf from '@tensorflow/tfjs';
import { line, type Examples } from '../example.js';
import { floats, ints } from '../parity.js';

const NONE = { gradient: 'tfjs has no gradient' };
const none = () => tf.tensor1d([]);

export const counting: Examples = {
  Bincount: [
    line({ x: ints(['batch'], 5) }, ({ x }) => tf.bincount(x as never, none(), 5)),
    // A number that has no bin counts nowhere.
    line({ x: ints(['batch'], 9) }, ({ x }) => tf.bincount(x as never, none(), 5)),
    line({ x: ints([12], 5), w: floats([12]) }, ({ x, w }) => tf.bincount(x as never, w as never, 6), NONE),
    line({ x: ints(['batch'], 5), w: ints(['batch'], 9, -9) }, ({ x, w }) =>
      tf.bincount(x as never, w as never, 6),
    ),
    line({ x: ints(['batch'], 5) }, ({ x }) => tf.bincount(x as never, none(), 0)),
    line({ x: ints(['batch', 2, 3], 5) }, ({ x }) => tf.bincount(x as never, none(), 5)),
    line({ x: ints([4, 3], 5), w: floats([12]) }, ({ x, w }) => tf.bincount(x as never, w as never, 5), NONE),
  ],
  DenseBincount: [
    line({ x: ints(['batch'], 7) }, ({ x }) => tf.denseBincount(x as never, none(), 5)),
    line({ x: ints(['batch', 6], 7) }, ({ x }) => tf.denseBincount(x as never, none(), 5)),
    line({ x: ints(['batch', 6], 7) }, ({ x }) => tf.denseBincount(x as never, none(), 5, true)),
    // For one row tfjs counts all the same.
    line({ x: ints([9], 3) }, ({ x }) => tf.denseBincount(x as never, none(), 3, true)),
    line(
      { x: ints(['batch', 6], 7), w: floats(['batch', 6]) },
      ({ x, w }) => tf.denseBincount(x as never, w as never, 5),
      NONE,
    ),
    line({ x: ints(['batch', 6], 7), w: ints(['batch', 6], 9) }, ({ x, w }) =>
      tf.denseBincount(x as never, w as never, 5),
    ),
    line({ x: ints(['batch', 6], 7), w: ints(['batch', 6], 9) }, ({ x, w }) =>
      tf.denseBincount(x as never, w as never, 5, true),
    ),
    line({ x: ints(['batch', 0], 7) }, ({ x }) => tf.denseBincount(x as never, none(), 5)),
  ],
};
