import type { FusedBatchNormAttrs } from '@tensorflow/tfjs-core';
import * as g from '../../graph/ops.js';
import { input, type Rules } from './rule.js';

export const normalizations: Rules = {
  FusedBatchNorm: (inputs, { varianceEpsilon }: FusedBatchNormAttrs) => {
    const x = input(inputs, 'x');
    const variance = input(inputs, 'variance');
    const deviation = g.unary('Sqrt', g.add(variance, g.scalar(varianceEpsilon, variance)));
    const normal = g.div(g.sub(x, input(inputs, 'mean')), deviation);
    const scaled = inputs['scale'] ? g.mul(normal, inputs['scale']) : normal;
    return inputs['offset'] ? g.add(scaled, inputs['offset']) : scaled;
  },
};
