import type { Lowering } from '../lower.js';
import { portable } from '../portable/index.js';
import { concat, split } from './joins.js';

/** For sessions on the WebGPU provider: what is standard ONNX but more than a shader can bind is taken apart. */
export const webgpu: Lowering = { ...portable, Split: split, Concat: concat };
