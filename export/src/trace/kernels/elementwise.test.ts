import { testKernels } from '../../testing/kernels.js';
import { elementwise } from './elementwise.js';
import { elementwise as examples } from '../../testing/examples/elementwise.js';

testKernels(elementwise, examples);
