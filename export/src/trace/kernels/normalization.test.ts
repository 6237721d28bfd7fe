import { testKernels } from '../../testing/kernels.js';
import { normalizations } from './normalization.js';
import { normalizations as examples } from '../../testing/examples/normalization.js';

testKernels(normalizations, examples);
