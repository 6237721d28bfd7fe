import { fillings as examples } from '../../testing/examples/filling.js';
import { testKernels } from '../../testing/kernels.js';
import { fillings } from './filling.js';

testKernels(fillings, examples);
