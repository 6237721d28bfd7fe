/**
 * What a training step costs: the compiled step against ONNX Runtime's forward pass and the machine's peak, and, where they
 * are there, against tfjs-node (`scorebridge setup tensorflow`) and PyTorch (`--torch`). Every side is a process of its own;
 * they take turns. With `--provider cuda` or `webgpu` all of it is on the GPU, PyTorch's sides on CUDA. `--beside 1` has another
 * program keep a core busy meanwhile.
 * `npm run bench:train [-- --rounds 8 --batch 128 --threads 2 --provider cpu --torch --python python3 --beside 0 --profile]`.
 */
import { trace, type InputSpec } from '@scorebridge/export';
import type { ProviderName } from '@scorebridge/runtime';
import { initialise, initialState, stepScalars, tensorFlowEngine, trainingStep } from '@scorebridge/training';
import * as tf from '@tensorflow/tfjs';
import { build } from 'esbuild';
import { spawn, spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { flops } from './flops.js';
import { median, spread } from './statistics.js';
import { network, objective, planOf } from './train/problem.js';
import { profile } from './train/profile.js';
import { PEAK_SIZE, type RunName } from './train/run-name.js';
import { SideProcess } from './train/side-process.js';

/** Threads of the side before spin on for a while. */
const REST_MS = 200;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '8' },
    batch: { type: 'string', default: '128' },
    threads: { type: 'string', default: '2' },
    provider: { type: 'string', default: 'cpu' },
    torch: { type: 'boolean', default: false },
    python: { type: 'string', default: 'python3' },
    beside: { type: 'string', default: '0' },
    profile: { type: 'boolean', default: false },
  },
});
const [rounds, batch, threads] = [options.rounds, options.batch, options.threads].map(Number) as [
  number,
  number,
  number,
];
await tf.setBackend('cpu');

if (options.profile) {
  console.log(await profile(batch, options.provider as ProviderName));
  process.exit(0);
}

const path = (name: string) => fileURLToPath(new URL(`train/${name}`, import.meta.url));
const size = [String(batch), String(threads)];
const onCpu = options.provider === 'cpu';
// As one file of JavaScript: what runs TypeScript takes 100 MiB itself.
const side = fileURLToPath(new URL('../results/bench-train-side.mjs', import.meta.url));
await build({
  entryPoints: [path('side.ts')],
  outfile: side,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
});
const node = (name: string) => SideProcess.start(process.execPath, [side, name, ...size, options.provider]);
const python = (mode: string) =>
  SideProcess.start(options.python, [path('torch_step.py'), mode, ...size, onCpu ? 'cpu' : 'cuda']);

const sides = new Map<string, { process: SideProcess; runs: RunName[] }>();
const add = (name: string, process: SideProcess, runs: RunName[] = ['step']) =>
  sides.set(name, { process, runs });
add('compiled', node('compiled'));
// Only on the cpu is a batch taken in parts.
if (onCpu) add('compiled, whole', node('compiled, whole'));
add('forward', node('forward'), ['forward', 'compiled forward', 'product']);
const withTensorFlow = onCpu && (await hasTensorFlow());
if (withTensorFlow) add('tfjs-node', node('tfjs-node'));
if (options.torch) {
  expectTorch();
  for (const mode of ['eager', 'channels-last', 'compiled']) add(`PyTorch ${mode}`, python(mode));
  const theirs = await sides.get('PyTorch eager')!.process.ask('parameters');
  const ours = initialise(network.specs, 1).length;
  if (ours !== theirs) throw new Error(`The nets differ: ${ours} parameters here, ${theirs} in PyTorch.`);
}

// They end with this process, however it ends.
const busy = 'const parent = process.ppid; while (process.ppid === parent);';
const beside = Array.from({ length: Number(options.beside) }, () =>
  spawn(process.execPath, ['--eval', busy], { stdio: 'ignore' }),
);

const times = new Map<string, number[]>();
const label = (name: string, run: RunName) => (run === 'step' ? name : run);
for (let round = -2; round < rounds; round++)
  for (const [name, { process, runs }] of sides)
    for (const run of runs) {
      const took = await process.ask(run);
      if (round >= 0) times.set(label(name, run), [...(times.get(label(name, run)) ?? []), took]);
      await setTimeout(REST_MS);
    }

for (const program of beside) program.kill();

const of = (name: string) => times.get(name)!;
const ratio = (a: string, b: string) => median(of(a).map((t, i) => t / of(b)[i]!)).toFixed(2);
const line = (name: string, text: string) => console.log(`${name.padEnd(34)}${text}`);
const peak = (2 * PEAK_SIZE ** 3) / median(of('product')) / 1e9;
const operations = stepFlops();
const rate = operations / median(of('compiled')) / 1e9;

console.log(
  `U-Net of ${initialise(network.specs, 1).length} parameters, 28 x 28, batch ${batch}, ${onCpu ? `${threads} threads` : options.provider}, ${rounds} rounds in turns${beside.length > 0 ? `, busy programs beside them: ${beside.length}` : ''}: median (least to most)\n`,
);
for (const [name, { runs }] of sides) if (runs.includes('step')) line(`step, ${name}`, spread(of(name)));
line('forward, exported file', spread(of('forward')));
line('forward, compiled', spread(of('compiled forward')));
line(`product of ${PEAK_SIZE}`, `${spread(of('product'))}, ${peak.toFixed(0)} GFLOP/s`);
console.log();
line(
  'compiled step',
  `${(operations / 1e9).toFixed(0)} GFLOP, ${rate.toFixed(0)} GFLOP/s, ${((100 * rate) / peak).toFixed(0)} % of the peak`,
);
if (onCpu) line('compiled / whole', ratio('compiled', 'compiled, whole'));
line('compiled / forward', ratio('compiled', 'forward'));
line('exported / compiled forward', ratio('forward', 'compiled forward'));
if (withTensorFlow) line('tfjs-node / compiled', ratio('tfjs-node', 'compiled'));
else if (onCpu) line('tfjs-node', 'not there: npx scorebridge setup tensorflow');
const torches = [...sides.keys()].filter((name) => name.startsWith('PyTorch'));
for (const name of torches) line(`compiled / ${name}`, ratio('compiled', name));
console.log();
for (const [name, { process }] of sides)
  if (onCpu && name !== 'forward') line(`memory, ${name}`, `${(await process.ask('memory')).toFixed(0)} MiB`);
for (const { process } of sides.values()) process.end();

async function hasTensorFlow(): Promise<boolean> {
  try {
    await tensorFlowEngine('tfjs-node');
    await tf.setBackend('cpu');
    return true;
  } catch {
    return false;
  }
}

function expectTorch(): void {
  const { status } = spawnSync(options.python, ['-c', 'import torch'], { stdio: 'inherit' });
  if (status !== 0)
    throw new Error(
      `${options.python} has no PyTorch: name one that has with --python, or leave --torch out.`,
    );
}

function stepFlops(): number {
  const plan = planOf(batch);
  const state = Object.entries(initialState(initialise(network.specs, plan.seed))).map(
    ([name, values]) => [name, tf.variable(tf.tensor1d(values))] as const,
  );
  const step = trainingStep(network, objective, plan.optimiser);
  const feeds = { ...objective.draw(plan.batch(1), { seed: 1, step: 1 }), ...stepScalars(1, 1e-3) };
  const specs: Record<string, InputSpec> = {};
  for (const [name, { type, dims }] of Object.entries(feeds))
    specs[name] = { dtype: type as 'float32', shape: dims };
  return flops(trace((inputs) => step(Object.fromEntries(state), inputs), specs, { variables: 'state' }));
}
