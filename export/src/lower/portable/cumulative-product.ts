import type { Node, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { shift } from '../../graph/shift.js';
import { mapSizes } from '../../graph/sizes.js';
import { upTo } from '../../graph/up-to.js';

/** ONNX has a running sum, but no running product. */
export function cumulativeProduct({ attrs }: Node, [x]: Value[]): Value[] {
  const axis = attrs['axis'] as number;
  const reverse = attrs['reverse'] === 1;
  const length = x!.shapes.map((s) => s[axis]!);
  if (length.some((n) => n !== length[0])) return [ofPrefixes(x!, axis, reverse, length)];
  // Products of 2, 4, 8 ... neighbours.
  let product = x!;
  for (let step = 1; step < length[0]!; step *= 2)
    product = g.mul(product, shift(product, axis, reverse ? -step : step));
  return [product];
}

/** The products one by one, of ones where their share ends: as many steps whatever the length, in as much more room. */
function ofPrefixes(x: Value, axis: number, reverse: boolean, length: readonly number[]): Value {
  const places = upTo(length, 'int32');
  const rank = x.rank;
  // [..., 1, n, ...] beside [..., n, 1, ...]: for each product the factors that are its.
  const at = (own: number) =>
    g.reshape(
      places,
      length.map((n) => Array.from({ length: rank + 1 }, (_, i) => (i === own ? n : 1))),
    );
  const [product, factor] = [at(axis), at(axis + 1)];
  const isPart = g.compare(reverse ? 'LessOrEqual' : 'GreaterOrEqual', product, factor);
  const factors = g.reshape(
    x,
    mapSizes(x.shapes, (s) => [...s.slice(0, axis), 1, ...s.slice(axis)]),
  );
  return g.reduce('ReduceProd', g.where(isPart, factors, g.scalar(1, x)), [axis + 1], false);
}
