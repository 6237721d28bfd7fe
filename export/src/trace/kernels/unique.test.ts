import { testKernels } from '../../testing/kernels.js';
import { uniques } from './unique.js';
import { uniques as examples } from '../../testing/examples/unique.js';

testKernels(uniques, examples);
