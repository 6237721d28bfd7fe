import type { Node, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { mapSizes } from '../../graph/sizes.js';

/**
 * A slice that runs backwards from elsewhere than the end, as one up to where it begins and one from the end of that: ONNX
 * Runtime's WebGPU provider takes every backward slice to begin at the end.
 */
export function backwards({ attrs, sizes }: Node, [x]: Value[]): Value[] | undefined {
  const steps = attrs['steps'] as number[];
  const starts = sizes['starts']!;
  const cut = mapSizes(x!.shapes, (shape, w) =>
    shape.map((size, i) => (steps[i]! < 0 ? starts[w]![i]! + 1 : size)),
  );
  const shortened = g.slice(
    x!,
    mapSizes(cut, (shape) => shape.map(() => 0)),
    cut,
  );
  return shortened === x ? undefined : [g.slice(shortened, starts, sizes['ends']!, steps)];
}
