import { compile } from '@scorebridge/export';
import type { ProviderName } from '@scorebridge/runtime';
import { gradientStep, initialise } from '@scorebridge/training';
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from 'onnxruntime-common';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { network, objective, planOf } from './problem.js';

const RUNS = 5;

interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

/** Where the time of the gradient of a batch goes, on the cpu on one thread, by ONNX operator, as ONNX Runtime's profiler sees it. */
export async function profile(batch: number, provider: ProviderName): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-profile-'));
  try {
    await tf.setBackend('cpu');
    const parameters = tf.variable(tf.tensor1d(initialise(network.specs, 1)));
    const gradient = gradientStep(network, objective);
    const compiled = compile((inputs) => gradient({ parameters }, inputs), {
      provider,
      threads: 1,
      sessionOptions: { enableProfiling: true, profileFilePrefix: join(folder, 'profile') },
    });
    const inputs: Record<string, Tensor> = objective.draw(planOf(batch).batch(1), { seed: 1, step: 1 });
    for (let run = 0; run < RUNS; run++) await compiled.run(inputs);
    await compiled.dispose();
    return table(await events(folder), batch);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What the largest file of the folder holds: that of the session which found the provider is there too. */
async function events(folder: string): Promise<TraceEvent[]> {
  const texts = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
  );
  return JSON.parse(texts.sort((a, b) => b.length - a.length)[0]!) as TraceEvent[];
}

function table(events: readonly TraceEvent[], batch: number): string {
  const totals = new Map<string, { ms: number; calls: number }>();
  for (const { cat, name, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
    const total = totals.get(args!.op_name!) ?? { ms: 0, calls: 0 };
    totals.set(args!.op_name!, { ms: total.ms + dur / 1000 / RUNS, calls: total.calls + 1 / RUNS });
  }
  const rows = [...totals].sort(([, a], [, b]) => b.ms - a.ms);
  const sum = rows.reduce((total, [, { ms }]) => total + ms, 0);
  const lines = rows.map(
    ([op, { ms, calls }]) =>
      `${op.padEnd(24)}${ms.toFixed(1).padStart(8)} ms${((100 * ms) / sum).toFixed(1).padStart(7)} %${calls.toFixed(0).padStart(6)} nodes`,
  );
  return [`Gradient of ${batch} images, mean of ${RUNS} runs: ${sum.toFixed(0)} ms`, ...lines].join('\n');
}
