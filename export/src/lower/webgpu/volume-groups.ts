import type { Node, Value } from '../../graph/graph.js';
import { conv, windowOf } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';

/** A convolution of volumes in groups as one of each group: ONNX Runtime's WebGPU provider has none in groups. */
export function volumeGroups({ attrs }: Node, [x, w, bias]: Value[]): Value[] | undefined {
  const window = windowOf(attrs);
  const { group, kernel } = window;
  if (kernel.length < 3 || group === 1) return undefined;
  const parts = (value: Value, axis: number) =>
    g.split(value, g.repeat(g.repeat(value.shape[axis]! / group, group), value.shapes.length), axis);
  const [filters, biases] = [parts(w!, 0), bias && parts(bias, 0)];
  const each = parts(x!, 1).map((part, i) => conv(part, filters[i]!, { ...window, group: 1 }, biases?.[i]));
  return [g.concat(each, 1)];
}
