import type { Graph } from '../../graph/graph.js';
import { avoidTrailingOnes } from './avoid-trailing-ones.js';
import { fastTransposes } from './fast-transposes.js';

/** The last word on a graph for ONNX Runtime's cpu, whatever it was lowered by: the same, without what it is slow at. */
export const tuneForCpu = (graph: Graph): Graph => fastTransposes(avoidTrailingOnes(graph));
