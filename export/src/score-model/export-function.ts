import type { Graph } from '../graph/graph.js';
import { lower } from '../lower/lower.js';
import { portable } from '../lower/portable/index.js';
import { writeOnnx, type WriteOptions, type WrittenModel } from '../onnx/write.js';
import { optimise } from '../passes/optimise.js';
import { trace, type InputSpec, type TraceOptions, type TracedFunction } from '../trace/trace.js';

export interface ExportOptions extends Pick<TraceOptions, 'names' | 'sizes'>, Omit<WriteOptions, 'domains'> {}

/**
 * Any function of tfjs ops as standard ONNX. Variables and other tensors that it closes over become weights; a
 * `'batch'` in an input's shape stays symbolic.
 *
 * @throws Error if an op cannot be recorded, or if the function assigns a variable, draws random numbers or reads values
 */
export function exportFunction(
  fn: TracedFunction,
  inputs: Readonly<Record<string, InputSpec>>,
  { names, sizes, ...options }: ExportOptions = {},
): WrittenModel {
  const { graph } = trace(fn, inputs, { ...(names && { names }), ...(sizes && { sizes }) });
  return writeGraph(graph, options);
}

/** A traced graph as standard ONNX. */
export const writeGraph = (graph: Graph, options: Omit<WriteOptions, 'domains'>): WrittenModel =>
  writeOnnx(optimise(lower(optimise(graph), portable)), options);
