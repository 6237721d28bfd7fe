import type { Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { mapSizes } from '../graph/sizes.js';

/** What is broadcast to images [n, c, ...size] as one number a channel, as a vector [c]; undefined if it is anything else. */
export function perChannel(value: Value, images: Value): Value | undefined {
  const channels = images.shape[1]!;
  const before = images.rank - value.rank;
  const fits =
    before <= 1 &&
    value.shapes.every((s) => s.every((d, axis) => d === (axis + before === 1 ? channels : 1)));
  if (!fits) return undefined;
  return g.reshape(
    value,
    mapSizes(value.shapes, () => [channels]),
  );
}
