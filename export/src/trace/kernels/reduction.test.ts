import { testKernels } from '../../testing/kernels.js';
import { reductions } from './reduction.js';
import { reductions as examples } from '../../testing/examples/reduction.js';

testKernels(reductions, examples);
