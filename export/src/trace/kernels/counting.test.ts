import { testKernels } from '../../testing/kernels.js';
import { counting } from './counting.js';
import { counting as examples } from '../../testing/examples/counting.js';

testKernels(counting, examples);
