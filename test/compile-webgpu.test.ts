import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { swiftShader } from './support/browser.js';

const script = fileURLToPath(new URL('support/train-in-node.mjs', import.meta.url));

interface Run {
  losses: number[];
  parameters: number[];
}

async function train(provider: string, environment: Record<string, string> = {}): Promise<Run> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, provider], {
    env: { ...process.env, ...environment },
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout) as Run;
}

test.skipIf(!swiftShader)('a training step compiled for WebGPU is the one compiled for the CPU', async () => {
  const [cpu, webgpu] = await Promise.all([train('cpu'), train('webgpu', swiftShader)]);
  expect(cpu.losses[2]).not.toBe(cpu.losses[0]);
  for (const [k, loss] of cpu.losses.entries())
    expect(webgpu.losses[k], `step ${k + 1}`).toBeCloseTo(loss, 5);
  const worst = Math.max(...cpu.parameters.map((p, i) => Math.abs(p - webgpu.parameters[i]!)));
  // Three steps of Adam move a parameter by up to 3e-3.
  expect(worst).toBeLessThan(1e-4);
});
