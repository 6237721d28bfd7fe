import { testKernels } from '../../testing/kernels.js';
import { convolutions3d } from './convolution-3d.js';
import { convolutions3d as examples } from '../../testing/examples/convolution-3d.js';

testKernels(convolutions3d, examples);
