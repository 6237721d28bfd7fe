import { slicesAndPads as examples } from '../../testing/examples/slice-and-pad.js';
import { testKernels } from '../../testing/kernels.js';
import { slicesAndPads } from './slice-and-pad.js';

testKernels(slicesAndPads, examples);
