import type { Graph, Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { isFixed, isIdentityPermutation, mapSizes, sameSizes } from '../graph/sizes.js';
import { closedNodes, operandsOf } from './match.js';
import { rewrite } from './rewrite.js';

/**
 * One DepthToSpace in place of a Reshape, a Transpose of six axes and a Reshape, by which a network that works on blocks of
 * pixels ends. Of what it ends with ONNX Runtime 1.30 records such a transpose wrongly when it captures a graph for WebGPU,
 * and this rightly. There is none for its inverse: WebGPU has no SpaceToDepth.
 */
export function fuseDepthToSpace(graph: Graph): Graph {
  const isClosed = closedNodes(graph);
  return rewrite(graph, (node, _, current) => {
    if (node.op !== 'Reshape') return undefined;
    const [turned] = node.inputs as [Value];
    const [blocks] = operandsOf(turned, 'Transpose');
    const [x] = operandsOf(blocks, 'Reshape');
    const perm = turned.producer?.attrs['perm'] as readonly number[];
    const found = x && matchBlocks(x, blocks!, perm);
    if (!found || !isClosed([blocks!.producer!, turned.producer!, node], node.outputs)) return undefined;
    const { blocksize, mode, order } = found;
    const shapes = mapSizes(x.shapes, ([n, c, h, w]) => [
      n!,
      c! / blocksize ** 2,
      blocksize * h!,
      blocksize * w!,
    ]);
    const pixels = g.emit('DepthToSpace', [current(x)], { dtype: x.dtype, shapes }, { blocksize, mode });
    const ordered = isIdentityPermutation(order) ? pixels : g.transpose(pixels, order);
    return [sameSizes(ordered.shapes, node.output.shapes) ? ordered : g.reshape(ordered, node.output.shapes)];
  });
}

/** The six axes of blocks, by whether the place in its block or the channel is the slower index of x's channels. */
const MODES = {
  DCR: { n: 0, row: 1, column: 2, c: 3, h: 4, w: 5 },
  CRD: { n: 0, c: 1, row: 2, column: 3, h: 4, w: 5 },
} as const;

/** How blocks of pixels, [N, C, H, W], are taken apart, and the order of the result's axes N, C, H and W. */
function matchBlocks(x: Value, blocks: Value, perm: readonly number[]) {
  if (x.rank !== 4 || blocks.rank !== 6 || x.dtype !== 'float32') return undefined;
  for (const [mode, { n, c, row, column, h, w }] of Object.entries(MODES)) {
    const sides = mapSizes(blocks.shapes, (s) => [s[row]!, s[column]!]);
    const [blocksize, width] = sides[0]! as [number, number];
    const asIs = mapSizes(blocks.shapes, (s) => [s[n]!, s[row]! * s[column]! * s[c]!, s[h]!, s[w]!]);
    if (blocksize !== width || !isFixed(sides) || !sameSizes(asIs, x.shapes)) continue;
    // Each row of a block is right behind its row of blocks, each column behind its column.
    const order = perm.flatMap((axis, i) => {
      if (axis === h) return perm[i + 1] === row ? [2] : [];
      if (axis === w) return perm[i + 1] === column ? [3] : [];
      return axis === n ? [0] : axis === c ? [1] : [];
    });
    if (order.length === 4) return { blocksize, mode, order };
  }
  return undefined;
}
