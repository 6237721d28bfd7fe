import { convolutions } from './convolution.js';
import { elementwise } from './elementwise.js';
import { matMuls } from './matmul.js';
import { normalizations } from './normalization.js';
import { poolings } from './pooling.js';
import { reductions } from './reduction.js';
import { resizings } from './resize.js';
import type { Rules } from './rule.js';
import { shapes } from './shape.js';

/** Every tfjs kernel that can be recorded. */
export const kernels: Rules = {
  ...elementwise,
  ...reductions,
  ...shapes,
  ...matMuls,
  ...convolutions,
  ...poolings,
  ...resizings,
  ...normalizations,
};
