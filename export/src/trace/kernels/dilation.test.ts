import { testKernels } from '../../testing/kernels.js';
import { dilations } from './dilation.js';
import { dilations as examples } from '../../testing/examples/dilation.js';

testKernels(dilations, examples);
