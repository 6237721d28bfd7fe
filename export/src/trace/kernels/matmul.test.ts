import { testKernels } from '../../testing/kernels.js';
import { matMuls } from './matmul.js';
import { matMuls as examples } from '../../testing/examples/matmul.js';

testKernels(matMuls, examples);
