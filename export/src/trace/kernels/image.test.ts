import { testKernels } from '../../testing/kernels.js';
import { imageMoves } from './image.js';
import { imageMoves as examples } from '../../testing/examples/image.js';

testKernels(imageMoves, examples);
