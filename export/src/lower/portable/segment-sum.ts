import type { Node, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { mapSizes } from '../../graph/sizes.js';

/** Sums rows by segment as a product with the one-hot matrix of their ids, which every provider can run. */
export function segmentSum(node: Node, [x, ids]: Value[]): Value[] {
  const segments = node.attrs['segments'] as number;
  const numbers = Array.from({ length: segments }, (_, i) => i);
  const range = g.constant('int32', [segments, 1], numbers, ids!.shapes.length);
  const hits = g.cast(g.compare('Equal', range, ids!), 'float32');
  const rows = g.reshape(
    x!,
    mapSizes(x!.shapes, (s) => [s[0]!, s.slice(1).reduce((p, d) => p * d, 1)]),
  );
  return [g.reshape(g.matMul(hits, rows), node.output.shapes)];
}
