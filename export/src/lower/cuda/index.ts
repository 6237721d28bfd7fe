import type { Lowering } from '../lower.js';
import { portable } from '../portable/index.js';
import { evenTransposedConv } from './even-transposed-conv.js';

/** For sessions on the CUDA provider: what it would leave to the cpu in the midst of a graph is written as what it has. */
export const cuda: Lowering = { ...portable, ConvTranspose: evenTransposedConv };
