import { ELEMENTWISE } from '../../passes/elementwise.js';
import type { Lowering } from '../lower.js';
import { portable } from '../portable/index.js';
import { blockedForm, REORDER_INPUT } from './blocked.js';
import { channelAffine } from './channel-affine.js';
import { channelSums } from './channel-sums.js';
import { concat, split } from './channels.js';
import { convFilterGradient } from './conv-filter-gradient.js';
import { conv } from './conv.js';
import { elementwise } from './elementwise.js';
import { averagePool, resizeSpatial } from './resampling.js';

/**
 * For sessions on ONNX Runtime's CPU provider inside this process, never for a file: its blocked operators, whose
 * layout depends on the processor. Convolutions bring images into the layout, and what follows them keeps them there.
 * What has no rule here takes the portable one.
 */
export function cpuBlocked(block: number): Lowering {
  const keepsLayout = elementwise(block);
  return {
    ...portable,
    ...Object.fromEntries([...ELEMENTWISE].map((op) => [op, keepsLayout])),
    Conv: conv(block),
    ConvFilterGradient: convFilterGradient(block),
    ChannelAffine: (node, inputs) =>
      channelAffine(block)(node, inputs) ?? portable['ChannelAffine']!(node, inputs),
    ReduceSum: channelSums,
    ReduceMean: channelSums,
    Concat: concat(block),
    Split: split(block),
    ResizeSpatial: (node, inputs) => resizeSpatial(node, inputs) ?? portable['ResizeSpatial']!(node, inputs),
    AveragePool: averagePool,
    [REORDER_INPUT]: (_, [x]) => {
      const blocked = blockedForm(x!);
      return blocked && [blocked];
    },
  };
}
