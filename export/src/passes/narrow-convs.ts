import type { Graph, Node, Value } from '../graph/graph.js';
import { conv, windowOf } from '../graph/operators.js';
import * as g from '../graph/ops.js';
import { mapSizes } from '../graph/sizes.js';
import { rewrite } from './rewrite.js';

/**
 * tfjs convolves a sequence as an image of height 1. Where a reshape made that image, the convolution is one of
 * sequences, and the reshapes around it meet those of its neighbours.
 */
export function narrowConvs(graph: Graph): Graph {
  return rewrite(graph, (node, [x, w, bias]) => {
    if (node.op !== 'Conv' || x!.rank !== 4 || !isReshaped(x!)) return undefined;
    const { kernel, strides, pads, dilations, group } = windowOf(node.attrs);
    const flat = [2, 3].find((axis) => isFlat(node, x!, axis));
    if (flat === undefined) return undefined;
    const kept = 5 - flat;
    const i = kept - 2;
    const window = {
      kernel: [kernel[i]!],
      strides: [strides[i]!],
      pads: [pads[i]!, pads[i + 2]!],
      dilations: [dilations[i]!],
      group,
    };
    const narrow = (value: Value) =>
      g.reshape(
        value,
        mapSizes(value.shapes, (s) => [s[0]!, s[1]!, s[kept]!]),
      );
    return [g.reshape(conv(narrow(x!), narrow(w!), window, bias), node.output.shapes)];
  });
}

/** Whether an axis is of size 1, and what the filter does along it nothing. */
function isFlat({ attrs, output }: Node, x: Value, axis: number): boolean {
  const { kernel, pads } = windowOf(attrs);
  const i = axis - 2;
  return (
    kernel[i] === 1 && pads[i] === 0 && pads[i + 2] === 0 && [x, output].every((v) => v.shape[axis] === 1)
  );
}

const isReshaped = ({ producer }: Value): boolean =>
  producer?.op === 'Reshape' || (producer?.op === 'Transpose' && isReshaped(producer.inputs[0]!));
