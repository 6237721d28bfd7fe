import type { Node, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { mapSizes } from '../../graph/sizes.js';

/**
 * A shader may bind at least 8 storage buffers and often no more, and ONNX Runtime binds one for each operand of a
 * Concat and each result of a Split, one for the other side and sometimes one for the sizes.
 */
const MOST = 6;

/** A split into many parts as one slice for each part. */
export function split(node: Node, [x]: Value[]): Value[] | undefined {
  if (node.outputs.length <= MOST) return undefined;
  const axis = node.attrs['axis'] as number;
  const parts = node.sizes['split']!;
  return node.outputs.map((_, k) => {
    const start = parts.map((sizes) => sizes.slice(0, k).reduce((sum, size) => sum + size, 0));
    return g.slice(
      x!,
      mapSizes(x!.shapes, (s, w) => s.map((_d, i) => (i === axis ? start[w]! : 0))),
      mapSizes(x!.shapes, (s, w) => s.map((d, i) => (i === axis ? start[w]! + parts[w]![k]! : d))),
    );
  });
}

/** A concatenation of many as one of concatenations. */
export function concat(node: Node, inputs: Value[]): Value[] | undefined {
  if (inputs.length <= MOST) return undefined;
  const axis = node.attrs['axis'] as number;
  const groups: Value[] = [];
  for (let i = 0; i < inputs.length; i += MOST) groups.push(g.concat(inputs.slice(i, i + MOST), axis));
  return [g.concat(groups, axis)];
}
