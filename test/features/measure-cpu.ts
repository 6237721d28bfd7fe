import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../../export/src/graph/graph.js';
import { lower } from '../../export/src/lower/lower.js';
import { portable } from '../../export/src/lower/portable/index.js';
import { OPSET } from '../../export/src/onnx/opsets.js';
import { writeOnnx } from '../../export/src/onnx/write.js';
import { optimise } from '../../export/src/passes/optimise.js';
import { gradientsOf, outputsOf, type Line } from '../../export/src/testing/example.js';
import { draw, modelsDifference, randomNumbers } from '../../export/src/testing/parity.js';
import type { TracedFunction } from '../../export/src/trace/trace.js';
import type { CpuFeatures } from './kernel-features.js';
import { retyped } from './retyped.js';
import { traceKernel, type TracedKernel, type Types } from './trace-kernel.js';

/** Traces a use, and makes its graph what a file would hold. */
export function exported(kernel: string, line: Line, fn: TracedFunction = outputsOf(line)): TracedKernel {
  const traced = traceKernel(kernel, fn, line.inputs);
  return { ...traced, graph: optimise(lower(optimise(traced.graph), portable)) };
}

/** The operators that a kernel became, in the bodies of others too. */
export const operatorsOf = (kernel: string, graph: Graph): string[] =>
  graph.nodes.flatMap(({ op, source, bodies }) => [
    ...(source?.kernel === kernel ? [op] : []),
    ...Object.values(bodies ?? {}).flatMap((body) => operatorsOf(kernel, body)),
  ]);

/** What a kernel's uses show, on ONNX Runtime's CPU provider. */
export async function measureCpu(kernel: string, lines: readonly Line[]): Promise<CpuFeatures> {
  const operators = new Set<string>();
  const right = new Map<string, Types>();
  let symbolic = false;
  let cpu = 'right';
  for (const line of lines) {
    const traced = exported(kernel, line);
    operatorsOf(kernel, traced.graph).forEach((op) => operators.add(op));
    const news = traced.types.filter((types) => !right.has(JSON.stringify(types)));
    // The tests run them all.
    if (news.length === 0 && (symbolic || !traced.symbolic)) continue;
    const problem = await difference(traced.graph, outputsOf(line), line, line.options.within ?? 1e-6);
    if (problem !== undefined) cpu = problem;
    else {
      news.forEach((types) => right.set(JSON.stringify(types), types));
      symbolic ||= traced.symbolic;
    }
  }
  const refused = await tryOtherTypes(kernel, lines, right);
  const names = [...new Set([...right.values()].flatMap((types) => Object.keys(types)))];
  const typesOf = (name: string) =>
    [...new Set([...right.values()].flatMap((types) => types[name] ?? []))].sort();
  return {
    operators: [...operators].sort(),
    types: Object.fromEntries(names.map((name) => [name, typesOf(name)])),
    refusedTypes: refused,
    symbolic,
    cpu,
    gradient: await measureGradient(kernel, lines),
  };
}

/** Gives the uses inputs of other types, adds to `right` what is, and returns what tfjs takes but is not. */
async function tryOtherTypes(
  kernel: string,
  lines: readonly Line[],
  right: Map<string, Types>,
): Promise<Types[]> {
  const wrong = new Map<string, Types>();
  for (const line of lines.flatMap(retyped)) {
    const types = typesOnCpu(kernel, line).filter((each) => !right.has(JSON.stringify(each)));
    if (types.length === 0) continue;
    let problem: unknown;
    try {
      problem = await difference(
        exported(kernel, line).graph,
        outputsOf(line),
        line,
        line.options.within ?? 1e-6,
      );
    } catch (error) {
      problem = error;
    }
    for (const each of types) {
      const key = JSON.stringify(each);
      if (problem === undefined) right.set(key, each);
      else wrong.set(key, each);
    }
  }
  return [...wrong].filter(([key]) => !right.has(key)).map(([, types]) => types);
}

/** The types that tfjs's cpu backend gives a kernel in a use, and none where it does not take them. */
function typesOnCpu(kernel: string, { inputs, fn }: Line): Types[] {
  const engine = tf.engine();
  const run = engine.runKernel;
  const seen: Types[] = [];
  const random = randomNumbers();
  // A profile of tfjs tells the kernels, but not the types that they are given.
  engine.runKernel = ((name: string, given: Record<string, tf.Tensor | null>, attrs?: object) => {
    const listed = Array.isArray(given);
    const types = Object.entries(given).flatMap(([key, tensor]) =>
      tensor ? [[listed ? 'inputs' : key, tensor.dtype]] : [],
    );
    if (name === kernel) seen.push(Object.fromEntries(types) as Types);
    return run.call(engine, name, given as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
  }) as typeof run;
  try {
    tf.tidy(() => {
      const tensors = Object.entries(inputs).map(([name, spec]) => [name, draw(spec, 3, random).tensor]);
      fn(Object.fromEntries(tensors) as Record<string, tf.Tensor>);
    });
    return seen;
  } catch {
    return [];
  } finally {
    engine.runKernel = run;
  }
}

async function measureGradient(kernel: string, lines: readonly Line[]): Promise<CpuFeatures['gradient']> {
  for (const line of lines) {
    const { gradient = 1e-5 } = line.options;
    const floats = Object.values(line.inputs).some(({ dtype }) => dtype === 'float32');
    if (typeof gradient === 'string' || !floats) continue;
    const fn = gradientsOf(line);
    const traced = exported(kernel, line, fn);
    const isRun = traced.types.length > 0;
    if (isRun && tf.getGradient(kernel) === undefined) continue;
    if ((await difference(traced.graph, fn, line, gradient)) !== undefined) continue;
    return isRun ? 'right' : 'apart';
  }
  return 'none';
}

/** Why a graph on ONNX Runtime's CPU provider does not give what tfjs computes; undefined if it does. */
async function difference(
  graph: Graph,
  fn: TracedFunction,
  { inputs, options }: Line,
  within: number,
): Promise<string | undefined> {
  const { batches = [1, 3] } = options;
  const worst = Math.max(
    ...Object.values(
      await modelsDifference([{ opset: OPSET, model: writeOnnx(graph).model }], fn, inputs, batches),
    ),
  );
  return worst <= within ? undefined : `off by ${worst.toPrecision(2)}`;
}
