import * as tf from '@tensorflow/tfjs';
import { ones, zeros } from '../models/initialisers.js';
import type { ParameterScope } from '../models/parameter-scope.js';
import type { Layer } from './layer.js';
import { normalise } from './normalise.js';

/** Layer normalisation over the last axis [..., width] (Ba, Kiros and Hinton, Layer Normalization, 2016). */
export function layerNorm(scope: ParameterScope, { width }: { width: number }): Layer {
  const scale = scope.declare('scale', [width], ones);
  const offset = scope.declare('offset', [width], zeros);
  return scope.layer('layerNorm', (p, x) => tf.add(tf.mul(normalise(x, [x.rank - 1]), scale(p)), offset(p)));
}
