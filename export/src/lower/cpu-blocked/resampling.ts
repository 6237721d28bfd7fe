import type { Resizing } from '../../graph/operators.js';
import type { LoweringRule } from '../lower.js';
import { blockedForm, emitBlocked, fromBlocked } from './blocked.js';

/** Repeats each pixel a whole number of times. */
export const resizeSpatial: LoweringRule = (node, [x]) => {
  const blocked = blockedForm(x!);
  const { mode, alignCorners, halfPixelCenters } = node.attrs as unknown as Resizing;
  const scales = node.output.shape.map((d, i) => d / x!.shape[i]!);
  const repeats = mode === 'nearest' && !alignCorners && !halfPixelCenters && scales.every(Number.isInteger);
  return blocked && repeats
    ? [fromBlocked(emitBlocked('Upsample', [blocked], node.output.shapes, { scales }))]
    : undefined;
};

/** Without padding: windows that reach into it count differently there. */
export const averagePool: LoweringRule = (node, [x]) => {
  const blocked = blockedForm(x!);
  const padded = (node.attrs['pads'] as readonly number[]).some((pad) => pad !== 0);
  return blocked && !padded
    ? [fromBlocked(emitBlocked('AveragePool', [blocked], node.output.shapes, { ...node.attrs }))]
    : undefined;
};
