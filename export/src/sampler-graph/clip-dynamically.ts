import type { DynamicThreshold } from '@scorebridge/runtime';
import type { Emitter } from './emitter.js';

export interface DynamicClip extends DynamicThreshold {
  readonly valueRange: readonly [number, number];
  /** Of one sample. */
  readonly shape: readonly number[];
}

/** Adds the runtime's `DynamicThreshold`: each sample clipped at a quantile of its own distances, and divided by it. */
export function clipDynamically(
  g: Emitter,
  x0: string,
  { quantile, max, valueRange: [low, high], shape }: DynamicClip,
): string {
  const [middle, half] = [(low + high) / 2, (high - low) / 2];
  const n = shape.reduce((product, d) => product * d, 1);
  const centred = g.apply('Mul', [g.apply('Sub', [x0, g.scalar(middle)]), g.scalar(1 / half)]);
  // The largest distances, down to the two that the quantile lies between.
  const at = quantile * (n - 1);
  const below = Math.floor(at);
  const rows = g.apply('Reshape', [g.apply('Abs', [centred]), g.int64([0, n])]);
  const sorted = g.names.take('sorted');
  g.nodes.push({
    ...{ opType: 'TopK', input: [rows, g.int64([n - below])], attribute: [] },
    ...{ output: [sorted, g.names.take('sorted_indices')], name: g.names.take('TopK:sorted') },
  });
  const ranked = (rank: number) =>
    g.apply('Slice', [sorted, g.int64([n - 1 - rank]), g.int64([n - rank]), g.int64([1])]);
  const share = at - below;
  const between = g.sum([
    g.times(1 - share, ranked(below)),
    share > 0 ? g.times(share, ranked(below + 1)) : undefined,
  ])!;
  const bounded = g.apply('Clip', [between, g.scalar(1), g.scalar(max ?? Infinity)]);
  const threshold = g.apply('Reshape', [bounded, g.int64([0, ...shape.map(() => 1)])]);
  const within = g.apply('Max', [g.apply('Min', [centred, threshold]), g.apply('Neg', [threshold])]);
  const scaled = g.apply('Mul', [g.apply('Div', [within, threshold]), g.scalar(half)]);
  return middle === 0 ? scaled : g.apply('Add', [scaled, g.scalar(middle)]);
}
