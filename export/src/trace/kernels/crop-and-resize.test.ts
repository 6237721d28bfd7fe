import { testKernels } from '../../testing/kernels.js';
import { crops } from './crop-and-resize.js';
import { crops as examples } from '../../testing/examples/crop-and-resize.js';

testKernels(crops, examples);
