import * as g from '../../graph/ops.js';
import type { LoweringRule } from '../lower.js';
import { blockedForm, fits, fromBlocked, toBlocked } from './blocked.js';

/** Whole blocks of channels are joined as channels are. */
export const concat =
  (block: number): LoweringRule =>
  (node, inputs) =>
    node.attrs['axis'] === 1 && inputs.every((v) => fits(v, block)) && inputs.some(blockedForm)
      ? [fromBlocked(g.concat(inputs.map(toBlocked), 1))]
      : undefined;

/** And parted. */
export const split =
  (block: number): LoweringRule =>
  (node, [x]) => {
    const blocked = blockedForm(x!);
    const parts = node.sizes['split']!;
    return blocked && node.attrs['axis'] === 1 && parts[0]!.every((part) => part % block === 0)
      ? g.split(blocked, parts, 1).map((part) => fromBlocked(part))
      : undefined;
  };
