import { afterEach, expect, test, vi } from 'vitest';
import { cuda } from './cuda/index.js';
import { loweringFor } from './lowering-for.js';
import { portable } from './portable/index.js';
import { webgpu } from './webgpu/index.js';

afterEach(() => vi.unstubAllEnvs());

test('a caller, and the environment for all, can ask for the portable lowering', async () => {
  expect(await loweringFor('cpu', 'portable')).toBe(portable);
  vi.stubEnv('SCOREBRIDGE_LOWERING', 'portable');
  expect(await loweringFor('cpu')).toBe(portable);
});

test('each provider has its own, where there is one', async () => {
  vi.stubEnv('SCOREBRIDGE_LOWERING', undefined);
  expect(await loweringFor('webgpu', 'portable')).toBe(webgpu);
  expect(await loweringFor('cuda')).toBe(cuda);
  // The blocked one on any x64 machine, portable where ONNX Runtime's kernels have no blocks.
  if (process.arch === 'x64') expect(await loweringFor('cpu')).not.toBe(portable);
});
