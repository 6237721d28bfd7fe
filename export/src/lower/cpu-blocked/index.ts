import { ELEMENTWISE } from '../../passes/elementwise.js';
import { type Lowering, type LoweringRule, preferring } from '../lower.js';
import { portable } from '../portable/index.js';
import { blockedForm, REORDER_INPUT } from './blocked.js';
import { channelAffine } from './channel-affine.js';
import { channelSums } from './channel-sums.js';
import { concat, split } from './channels.js';
import { convFilterGradient } from './conv-filter-gradient.js';
import { convInputGradient } from './conv-input-gradient.js';
import { conv } from './conv.js';
import { elementwise } from './elementwise.js';
import { groupVariance } from './group-variance.js';
import { averagePool, resizeSpatial } from './resampling.js';

/**
 * For sessions on ONNX Runtime's CPU provider inside this process, never for a file: its blocked operators, whose
 * layout depends on the processor. Convolutions bring images into the layout, and what follows them keeps them there.
 * Where no rule here applies, the portable one does.
 */
export function cpuBlocked(block: number): Lowering {
  const keepsLayout = elementwise(block);
  return preferring(
    {
      ...Object.fromEntries([...ELEMENTWISE].map((op) => [op, keepsLayout])),
      Conv: ofImages(conv(block)),
      ConvInputGradient: ofImages(convInputGradient(block)),
      ConvFilterGradient: ofImages(convFilterGradient(block)),
      ChannelAffine: channelAffine(block),
      GroupVariance: groupVariance,
      ReduceSum: channelSums,
      ReduceMean: channelSums,
      Concat: concat(block),
      Split: split(block),
      ResizeSpatial: resizeSpatial,
      AveragePool: averagePool,
      [REORDER_INPUT]: (_, [x]) => {
        const blocked = blockedForm(x!);
        return blocked && [blocked];
      },
    },
    portable,
  );
}

/** A rule for images [N, C, H, W] alone: the layout has no form for volumes. */
const ofImages =
  (rule: LoweringRule): LoweringRule =>
  (node, inputs) =>
    inputs[0]!.rank === 4 ? rule(node, inputs) : undefined;
