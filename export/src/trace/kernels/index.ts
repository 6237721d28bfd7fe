import { convolutions } from './convolution.js';
import { counting } from './counting.js';
import { einsums } from './einsum.js';
import { elementwise } from './elementwise.js';
import { gathersAndScatters } from './gather-scatter.js';
import { matMuls } from './matmul.js';
import { normalizations } from './normalization.js';
import { poolings } from './pooling.js';
import { reductions } from './reduction.js';
import { resizings } from './resize.js';
import type { Rules } from './rule.js';
import { shapes } from './shape.js';
import { sorting } from './sorting.js';

/** Every tfjs kernel that can be recorded. */
export const kernels: Rules = {
  ...elementwise,
  ...reductions,
  ...shapes,
  ...gathersAndScatters,
  ...sorting,
  ...counting,
  ...matMuls,
  ...einsums,
  ...convolutions,
  ...poolings,
  ...resizings,
  ...normalizations,
};
