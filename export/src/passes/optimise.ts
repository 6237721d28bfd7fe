import type { Graph } from '../graph/graph.js';
import { eliminateCommonSubexpressions } from './common-subexpressions.js';
import { foldConstants } from './constant-folding.js';
import { foldScale } from './fold-scale.js';
import { fuseBias } from './fuse-bias.js';
import { fuseClip } from './fuse-clip.js';
import { fuseDepthToSpace } from './fuse-depth-to-space.js';
import { fuseGelu, GELU_OPSET } from './fuse-gelu.js';
import { fuseGemm } from './fuse-gemm.js';
import { fuseHardSigmoid } from './fuse-hard-sigmoid.js';
import { fuseLayerNorm } from './fuse-layer-norm.js';
import { fuseRecurrent } from './fuse-recurrent.js';
import { sinkTransposes } from './layout.js';
import { multiplyRows } from './multiply-rows.js';
import { rewriteBodies } from './rewrite.js';
import { simplify } from './simplify.js';
import { sinkReshapes } from './sink-reshapes.js';

type Pass = (graph: Graph) => Graph;

const PASSES: readonly Pass[] = [
  simplify,
  // First, or what is folded several times is there as often.
  eliminateCommonSubexpressions,
  foldConstants,
  sinkTransposes,
  simplify,
  foldScale,
  fuseBias,
  fuseClip,
  multiplyRows,
  sinkReshapes,
];

/** More rounds than any graph has needed; each pass only ever removes nodes or moves a Transpose or Reshape one way. */
const MAX_ROUNDS = 20;

/** Runs passes until none of them changes the graph, and on the graphs inside its nodes. */
function untilAtRest(graph: Graph, passes: readonly Pass[]): Graph {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = passes.reduce((g, pass) => pass(g), graph);
    if (next.nodes.length === graph.nodes.length && next.nodes.every((n, i) => n === graph.nodes[i])) break;
    graph = next;
  }
  return rewriteBodies(graph, (body) => untilAtRest(body, passes));
}

/** Runs every pass until none of them changes the graph. */
export const optimise = (graph: Graph): Graph => untilAtRest(graph, PASSES);

/** Puts an operator of ONNX in place of several, where every provider has it at this opset; for a file, last of all. */
export const fuseOperators = (graph: Graph, opset: number): Graph =>
  untilAtRest(graph, [
    ...PASSES,
    fuseRecurrent,
    fuseLayerNorm,
    ...(opset >= GELU_OPSET ? [fuseGelu] : []),
    fuseHardSigmoid,
    fuseGemm,
    fuseDepthToSpace,
    foldConstants,
    eliminateCommonSubexpressions,
  ]);
