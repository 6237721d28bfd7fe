/**
 * One side of `npm run bench:train`, in a process of its own: `side.ts NAME BATCH THREADS [PROVIDER]`. It answers each name of a run on
 * stdin with a line of its seconds on stdout, and `memory` with the most memory that it has held, in MiB.
 */
import { compile, exportFunction } from '@scorebridge/export';
import { createSession, type ProviderName } from '@scorebridge/runtime';
import {
  compiledEngine,
  initialise,
  initialState,
  startPlan,
  tensorFlowEngine,
  unpack,
  type Engine,
} from '@scorebridge/training';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { createInterface } from 'node:readline';
import { seconds } from '../statistics.js';
import { PEAK_SIZE, type RunName } from './run-name.js';
import { network, objective, planOf } from './problem.js';

const [name, batch, threads] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const provider = (process.argv[5] ?? 'cpu') as ProviderName;

const engines: Record<string, () => Promise<Engine>> = {
  compiled: () => compiledEngine({ provider, threads }),
  'tfjs-node': () => tensorFlowEngine('tfjs-node'),
};

async function steps(engine: Engine, parts?: number) {
  const plan = { ...planOf(batch), ...(parts !== undefined && { accumulate: parts }) };
  const running = await startPlan(
    plan,
    engine,
    initialState(initialise(network.specs, plan.seed), plan.optimiser),
  );
  let step = 0;
  return () => running.step(++step);
}

async function forwards() {
  await tf.setBackend('cpu');
  const p = unpack(tf.tensor1d(initialise(network.specs, 1)), network.specs);
  const fn = ({ x, level }: Record<string, tf.Tensor>) => ({
    y: network.apply(p, x!, level as tf.Tensor1D),
  });
  const { x, level } = objective.draw(planOf(batch).batch(1), { seed: 1, step: 1 });
  const inputs = { x: x!, level: level! };
  const dims = {
    x: { dtype: 'float32', shape: x!.dims },
    level: { dtype: 'float32', shape: level!.dims },
  } as const;
  const options = { provider, threads };
  const { session } = await createSession(exportFunction(fn, dims).model, options);
  const compiled = compile(fn, options);
  return { exported: () => session.run(inputs), compiled: () => compiled.run(inputs) };
}

function products() {
  const square = new Tensor('float32', new Float32Array(PEAK_SIZE ** 2).fill(0.5), [PEAK_SIZE, PEAK_SIZE]);
  const product = compile(({ a, b }) => ({ c: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D) }), {
    provider,
    threads,
  });
  return () => product.run({ a: square, b: square });
}

const runs: Partial<Record<RunName, () => Promise<unknown>>> = {};
if (name === 'forward') {
  const { exported, compiled } = await forwards();
  Object.assign(runs, { forward: exported, 'compiled forward': compiled, product: products() });
} else if (name === 'compiled, whole') runs.step = await steps(await engines.compiled!(), 1);
else runs.step = await steps(await engines[name!]!());

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'memory') console.log(process.resourceUsage().maxRSS / 1024);
  else console.log(await seconds(runs[line as RunName]!));
}
process.exit(0);
