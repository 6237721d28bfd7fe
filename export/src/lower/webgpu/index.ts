import type { Lowering } from '../lower.js';
import { portable } from '../portable/index.js';
import { evenlyPaddedConv } from './conv.js';
import { concat, split } from './joins.js';

/** For sessions on the WebGPU provider: what is standard ONNX but more than a shader can bind, or wrong there, is taken apart. */
export const webgpu: Lowering = { ...portable, Conv: evenlyPaddedConv, Split: split, Concat: concat };
