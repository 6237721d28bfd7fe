import { testKernels } from '../../testing/kernels.js';
import { sorting } from './sorting.js';
import { sorting as examples } from '../../testing/examples/sorting.js';

testKernels(sorting, examples);
