import { countUses, type Graph, type Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { sameSizes } from '../../graph/sizes.js';
import { bothWays, rewrite } from '../../passes/rewrite.js';
import { emitBlocked } from './blocked.js';

const CONV = 'com.microsoft.nchwc:Conv';

/**
 * Adds an image inside the blocked convolution before it, which then adds to what is there already, where nothing else reads
 * the convolution: residual connections, and gradients that meet at an image.
 */
export function fuseSums(graph: Graph): Graph {
  const uses = countUses(graph);
  return rewrite(graph, (node, inputs) => {
    if (node.op !== 'Add') return undefined;
    for (const [i, k] of bothWays([0, 1])) {
      const convolution = inputs[i]!.producer;
      const image = inputs[k]!;
      if (convolution?.op !== CONV || convolution.inputs.length > 3 || uses.get(node.inputs[i]!) !== 1)
        continue;
      if (!sameSizes(image.shapes, convolution.output.shapes)) continue;
      const [x, w, bias = zeros(convolution.output)] = convolution.inputs as [Value, Value, Value?];
      return [emitBlocked('Conv', [x, w, bias, image], convolution.output.shapes, { ...convolution.attrs })];
    }
    return undefined;
  });
}

/** A bias that adds nothing, since the operand after it has to have one before it. */
const zeros = ({ shape }: Value): Value => g.constant('float32', [shape[1]!], new Float32Array(shape[1]!));
