/**
 * Runs the uses of the kernels on ONNX Runtime's WebGPU provider, from the one on that is named by its number: in a process
 * of its own, which `measure-webgpu.ts` starts again should a use end it. Each is the kernel's part of the graph alone, and
 * held to the same on the CPU provider, which the tests of the kernels hold to tfjs.
 */
import { createSession } from '@scorebridge/runtime';
import type { Tensor } from 'onnxruntime-common';
import type { Graph } from '../../export/src/graph/graph.js';
import { unary } from '../../export/src/graph/ops.js';
import { lower } from '../../export/src/lower/lower.js';
import { webgpu } from '../../export/src/lower/webgpu/index.js';
import { writeOnnx } from '../../export/src/onnx/write.js';
import { optimise } from '../../export/src/passes/optimise.js';
import type { Line } from '../../export/src/testing/example.js';
import { examples } from '../../export/src/testing/examples/index.js';
import { graphInput, graphOf } from '../../export/src/testing/graphs.js';
import { distance, draw, randomNumbers } from '../../export/src/testing/parity.js';
import { partOf } from './part-of-kernel.js';
import { traceLine } from './trace-kernel.js';

/** The tolerance of tfjs's own specs, for a float32 of a GPU. */
const TOLERANCE = 1e-3;

/** Of one use. */
export type Outcome =
  /** Ran wholly there, or partly with operators on the CPU: the types that the kernel was given. */
  | { readonly wholly: string }
  | { readonly partly: string }
  /** No operator is left to run. */
  | { readonly nothing: true }
  /** What went wrong. */
  | { readonly error: string };

type Tensors = Readonly<Record<string, Tensor>>;

async function run(
  graph: Graph,
  feeds: Tensors,
  provider: 'cpu' | 'webgpu',
  wholly = false,
): Promise<Tensors> {
  const { session } = await createSession(writeOnnx(graph).model, {
    provider,
    threads: 1,
    sessionOptions: {
      logSeverityLevel: 4,
      ...(wholly && { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
    },
  });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** With a size for the batch, as `compile` traces. */
function fixed(line: Line): Line {
  const { batches = [3] } = line.options;
  const size = Math.min(3, Math.max(...batches));
  const inputs = Object.entries(line.inputs).map(([name, input]) => [
    name,
    { ...input, shape: input.shape.map((d) => (typeof d === 'string' ? size : d)) },
  ]);
  return { ...line, inputs: Object.fromEntries(inputs) as Line['inputs'] };
}

async function outcomeOf(kernel: string, line: Line): Promise<Outcome> {
  const { inputs } = line;
  const traced = traceLine(kernel, line);
  const graph = optimise(lower(optimise(traced.graph), webgpu));
  const part = partOf(kernel, graph);
  if (part === undefined) return { nothing: true };
  const random = randomNumbers();
  const feeds = Object.entries(inputs).map(([name, spec]) => [name, draw(spec, 3, random).host]);
  const reads = part.inputs.map((value) => ({ name: value.name!, value }));
  const outputs = [...reads.filter(({ value }) => !graph.inputs.includes(value)), ...part.outputs];
  const fed = Object.fromEntries(feeds) as Tensors;
  const known = { ...fed, ...(await run({ ...graph, outputs }, fed, 'cpu')) };
  const given = Object.fromEntries(part.inputs.map(({ name }) => [name!, known[name!]!]));
  const found = await run(part, given, 'webgpu', true).then(
    (results) => ({ on: 'wholly', results }),
    async () => ({ on: 'partly', results: await run(part, given, 'webgpu') }),
  );
  const numbers = (tensor: Tensor) => Array.from(tensor.data as Float32Array, Number);
  const differences = part.outputs.map(({ name }) =>
    distance(numbers(known[name]!), numbers(found.results[name]!)),
  );
  const worst = Math.max(...differences);
  if (!(worst <= TOLERANCE)) return { error: `off by ${worst.toPrecision(2)}` };
  const types = new Set(traced.types.flatMap((each) => Object.values(each)));
  return { [found.on]: [...types].sort().join(' with ') } as Outcome;
}

// As long as one session is open, the others find the device there.
const x = graphInput('x', [1]);
const { session: held } = await createSession(writeOnnx(graphOf([x], { y: unary('Neg', x) })).model, {
  provider: 'webgpu',
});
process.send!('ready');

const lines = [...examples].flatMap(([kernel, lines]) =>
  lines.map((line) => ({ kernel, line: fixed(line) })),
);
for (const { kernel, line } of lines.slice(Number(process.argv[2]))) {
  const failure = (error: Error): Outcome => ({ error: error.message.split('\n')[0]! });
  const outcome = await outcomeOf(kernel, line).catch(failure);
  await new Promise((sent) => process.send!(outcome, sent));
}
await held.release();
process.exit(0);
