import { portable } from '../portable/index.js';
import type { Lowering } from '../lower.js';
import { convFilterGradient } from './conv-filter-gradient.js';

/**
 * For sessions on ONNX Runtime's CPU provider inside this process, never for a file: its blocked operators, whose
 * layout depends on the processor. What has no rule here takes the portable one.
 */
export const cpuBlocked = (block: number): Lowering => ({
  ...portable,
  ConvFilterGradient: convFilterGradient(block),
});
