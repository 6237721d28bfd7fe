import type { Graph } from '../graph/graph.js';
import { eliminateCommonSubexpressions } from './common-subexpressions.js';
import { foldConstants } from './constant-folding.js';
import { foldScale } from './fold-scale.js';
import { fuseBias } from './fuse-bias.js';
import { fuseClip } from './fuse-clip.js';
import { sinkTransposes } from './layout.js';
import { rewriteBodies } from './rewrite.js';
import { simplify } from './simplify.js';

const PASSES = [
  simplify,
  foldConstants,
  sinkTransposes,
  simplify,
  eliminateCommonSubexpressions,
  foldScale,
  fuseBias,
  fuseClip,
];

/** More rounds than any graph has needed; each pass only ever removes nodes or moves a Transpose towards the outputs. */
const MAX_ROUNDS = 20;

/** Runs every pass until none of them changes the graph. */
export function optimise(graph: Graph): Graph {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = PASSES.reduce((g, pass) => pass(g), graph);
    if (next.nodes.length === graph.nodes.length && next.nodes.every((n, i) => n === graph.nodes[i])) break;
    graph = next;
  }
  return rewriteBodies(graph, optimise);
}
