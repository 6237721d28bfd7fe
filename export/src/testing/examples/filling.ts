import * as tf from '@tensorflow/tfjs';
import { line, ofEachType, one, type Examples } from '../example.js';
import { floats, ints } from '../parity.js';

const x = floats(['batch', 3, 4]);
const whole = ints(['batch', 3, 4], 9, -9);
const NONE = { gradient: 'tfjs has no gradient' };

export const fillings: Examples = {
  Fill: [
    one((x) => tf.mul(x, tf.fill(x.shape, 2.5))),
    one((x) => tf.add(x, tf.fill([x.shape[0], 1, 4], 3, 'int32')), whole),
    one((x) => tf.fill([2 * x.shape[0] + 1, 2], 0.1), x, NONE),
  ],
  ZerosLike: ofEachType((x) => tf.zerosLike(x), NONE),
  OnesLike: ofEachType((x) => tf.onesLike(x), NONE),
  Range: [
    one((x) => tf.mul(x, tf.range(0, 4))),
    one((x) => tf.mul(x, tf.range(3, -1, -1, 'int32')), whole),
    one((x) => tf.add(x, tf.range(0, 1, 0.3)), x),
    one((x) => tf.mul(x, tf.range(4, 0)), x),
    one((x) => tf.mul(x, tf.range(4, 0, -1)), x),
    // Along the batch.
    one((x) => tf.mul(x, tf.range(1, x.shape[1] + 1)), floats([4, 'batch'])),
  ],
  LinSpace: [one((x) => tf.mul(x, tf.linspace(-1, 2, 4))), one((x) => tf.mul(x, tf.linspace(3, 5, 1)))],
  OneHot: [
    line({ i: ints(['batch'], 5) }, ({ i }) => tf.oneHot(i, 5)),
    line({ i: ints(['batch', 3], 9, -2) }, ({ i }) => tf.oneHot(i, 5, 2, -1)),
    line({ i: ints(['batch'], 5) }, ({ i }) => tf.oneHot(i, 5, 0.5, 0.25, 'float32')),
  ],
};
