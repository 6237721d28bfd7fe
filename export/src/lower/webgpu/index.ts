import type { Lowering } from '../lower.js';
import { portable } from '../portable/index.js';
import { wholeImageConv } from './whole-image-conv.js';
import { concat, split } from './joins.js';

/** For sessions on the WebGPU provider: what is standard ONNX but more than a shader can bind, or wrong there, is taken apart. */
export const webgpu: Lowering = { ...portable, Conv: wholeImageConv, Split: split, Concat: concat };
