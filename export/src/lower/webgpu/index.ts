import { preferring, type Lowering } from '../lower.js';
import { portable } from '../portable/index.js';
import { backwards } from './backwards.js';
import { convTranspose } from './conv-transpose.js';
import { concat, split } from './joins.js';
import { maxPoolGradient, maxPoolWithIndices } from './max-pooling.js';
import { volumeGroups } from './volume-groups.js';

/** For sessions on the WebGPU provider: what is standard ONNX but more than a shader can bind, or wrong there, is taken apart. */
export const webgpu: Lowering = preferring(
  {
    Conv: volumeGroups,
    ConvTranspose: convTranspose,
    MaxPool: maxPoolWithIndices,
    MaxPoolGradient: maxPoolGradient,
    Slice: backwards,
    Split: split,
    Concat: concat,
  },
  portable,
);
