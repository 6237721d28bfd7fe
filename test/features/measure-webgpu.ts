import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { examples } from '../../export/src/testing/examples/index.js';
import { swiftShader } from '../support/browser.js';
import type { WebgpuFeatures } from './kernel-features.js';
import type { Outcome } from './webgpu-worker.js';

const worker = fileURLToPath(new URL('webgpu-worker.ts', import.meta.url));

/** Runs the uses from `start` on in a process of its own, until they are through or it ends; the last outcome is why. */
function runFrom(start: number, outcomes: Outcome[]): Promise<void> {
  const child = fork(worker, [String(start)], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, ...swiftShader },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let ready = false;
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if (message === 'ready') ready = true;
      else outcomes.push(message as Outcome);
    });
    child.on('exit', (code, signal) => {
      const end = signal ?? `code ${code}`;
      if (!ready) reject(new Error(`ONNX Runtime's WebGPU provider does not start: ${end}.`));
      if (code !== 0) outcomes.push({ error: `the process ends with ${end}` });
      resolve();
    });
  });
}

/** How every use of every kernel fares on ONNX Runtime's WebGPU provider: on a GPU, or on SwiftShader where that is there. */
export async function measureWebgpu(): Promise<ReadonlyMap<string, WebgpuFeatures>> {
  const kernels = [...examples].flatMap(([kernel, lines]) => lines.map(() => kernel));
  const outcomes: Outcome[] = [];
  while (outcomes.length < kernels.length) await runFrom(outcomes.length, outcomes);
  const found = new Map<string, WebgpuFeatures>();
  kernels.forEach((kernel, i) => found.set(kernel, counted(outcomes[i]!, found.get(kernel))));
  return found;
}

const NONE: WebgpuFeatures = { uses: 0, wholly: {}, partly: {}, nothing: 0, errors: {} };

function counted(outcome: Outcome, before: WebgpuFeatures = NONE): WebgpuFeatures {
  const all = { ...before, uses: before.uses + 1 };
  if ('wholly' in outcome) return { ...all, wholly: plusOne(all.wholly, outcome.wholly) };
  if ('partly' in outcome) return { ...all, partly: plusOne(all.partly, outcome.partly) };
  if ('error' in outcome) return { ...all, errors: plusOne(all.errors, outcome.error) };
  return { ...all, nothing: all.nothing + 1 };
}

const plusOne = (counts: Readonly<Record<string, number>>, key: string) => ({
  ...counts,
  [key]: (counts[key] ?? 0) + 1,
});
