import { Complex, type Recorded } from '../../export/src/trace/kernels/rule.js';
import type { Graph } from '../../export/src/graph/graph.js';
import type { KernelCall } from '../../export/src/trace/known-values.js';
import { outputsOf, type Line } from '../../export/src/testing/example.js';
import { recordingBackend } from '../../export/src/trace/backend.js';
import { trace, type InputSpec, type TracedFunction } from '../../export/src/trace/trace.js';

/** The type of each input that a kernel was called with; of those of a list, which have no names, one. */
export type Types = Readonly<Record<string, string>>;

export interface TracedKernel {
  /** Of the whole function. */
  readonly graph: Graph;
  /** Of each call of the kernel. */
  readonly types: readonly Types[];
  /** Whether a size of what went in or came out was another one in another trace. */
  readonly symbolic: boolean;
}

interface Call {
  readonly types: Types;
  readonly shapes: string;
}

/** Traces a function and looks at how it calls a kernel. */
export function traceKernel(
  kernel: string,
  fn: TracedFunction,
  inputs: Readonly<Record<string, InputSpec>>,
): TracedKernel {
  const backend = recordingBackend();
  const traces: Call[][] = [];
  const { noteCall, resetTrace } = backend;
  backend.resetTrace = () => {
    traces.push([]);
    resetTrace.call(backend);
  };
  backend.noteCall = (call, made) => {
    if (call.kernelName === kernel) traces.at(-1)!.push(callOf(call, made));
    noteCall.call(backend, call, made);
  };
  try {
    const { graph } = trace(fn, inputs);
    const [before, last] = traces.slice(-2) as [Call[], Call[]];
    return {
      graph,
      types: last.map(({ types }) => types),
      symbolic: last.some(({ shapes }, i) => shapes !== before[i]?.shapes),
    };
  } finally {
    Object.assign(backend, { noteCall, resetTrace });
  }
}

export const traceLine = (kernel: string, line: Line): TracedKernel =>
  traceKernel(kernel, outputsOf(line), line.inputs);

function callOf({ inputs, listed }: KernelCall, made: Recorded | Recorded[]): Call {
  const types = Object.entries(inputs).map(([name, { dtype }]) => [listed ? 'inputs' : name, dtype]);
  const shapes = [...Object.values(inputs), ...[made].flat()].map(shapeOf);
  return { types: Object.fromEntries(types) as Types, shapes: JSON.stringify(shapes) };
}

const shapeOf = (value: Recorded) => (value instanceof Complex ? value.real : value).shapes;
