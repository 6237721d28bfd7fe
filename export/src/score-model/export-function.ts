import type { Graph } from '../graph/graph.js';
import { lower } from '../lower/lower.js';
import { portable } from '../lower/portable/index.js';
import { OPSET } from '../onnx/opsets.js';
import { writeOnnx, type WriteOptions, type WrittenModel } from '../onnx/write.js';
import { fuseOperators, optimise } from '../passes/optimise.js';
import { trace, type InputSpec, type TraceOptions, type TracedFunction } from '../trace/trace.js';

export interface ExportOptions
  extends
    Pick<TraceOptions, 'names' | 'random' | 'sizes' | 'variables' | 'layers' | 'lines'>,
    Omit<WriteOptions, 'domains'> {}

/**
 * Any function of tfjs ops as standard ONNX. Tensors that it closes over become weights, and so do variables; with
 * `variables: 'state'` each of these that matters is an input of its name instead, and one that the function assigns an
 * output `<name>:next` as well. Dimensions with a name, such as `'batch'`, stay symbolic.
 *
 * @throws Error if an op cannot be recorded, or if the function assigns a variable, draws random numbers or reads values
 */
export function exportFunction(
  fn: TracedFunction,
  inputs: Readonly<Record<string, InputSpec>>,
  { names, random, sizes, variables, layers, lines, ...options }: ExportOptions = {},
): WrittenModel {
  return writeGraph(trace(fn, inputs, { names, random, sizes, variables, layers, lines }).graph, options);
}

/** A traced graph in ONNX's own operators, and few of them. */
export const forFile = (graph: Graph, opset = OPSET): Graph =>
  fuseOperators(optimise(lower(optimise(graph), portable)), opset);

/** A traced graph as standard ONNX. */
export const writeGraph = (graph: Graph, options: Omit<WriteOptions, 'domains'>): WrittenModel =>
  writeOnnx(forFile(graph, options.opset), options);
