import type { InferenceSession } from 'onnxruntime-common';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { tinyModel } from '../testing/tiny-model.js';
import { createSession as createInBrowser } from './browser.js';
import { Lock } from './lock.js';
import { lockedSession } from './locked-session.js';
import { createSession } from './node.js';
import { firstLine, type Session } from './provider.js';

const x = Float32Array.of(1, 2, 3, 4, 5, 6);

async function run({ session, Tensor }: Session): Promise<number[]> {
  const feeds = {
    x: new Tensor('float32', x, [1, 2, 3]),
    level: new Tensor('float32', Float32Array.of(1), [1]),
  };
  const { prediction } = await session.run(feeds);
  return Array.from(prediction!.data as Float32Array);
}

describe('in Node', () => {
  test('auto runs and says why it took the provider', async () => {
    const session = await createSession(tinyModel());
    expect(session.provider.name).toMatch(/^(cpu|cuda)$/);
    expect(session.provider.reason).toMatch(/CUDA provider/);
    expect(await run(session)).toEqual([...x].map((v) => -v / 2));
    await session.session.release();
  });

  test('cuda, asked for where it is not, is refused with what there is', async () => {
    const auto = await createSession(tinyModel());
    await auto.session.release();
    if (auto.provider.name === 'cuda') return;
    await expect(createSession(tinyModel(), { provider: 'cuda' })).rejects.toThrow(
      /^Provider 'cuda' is not available here \(.*CUDA provider.*\); expected one of: cpu, webgpu\.$/,
    );
  });

  test('webgpu runs, or is refused with what there is', async () => {
    const created = await createSession(tinyModel(), { provider: 'webgpu' }).catch((error: Error) => error);
    if (created instanceof Error) {
      expect(created.message).toMatch(
        /^Provider 'webgpu' is not available here \(.+\); expected one of: cpu\.$/,
      );
    } else {
      expect(created.provider).toEqual({ name: 'webgpu', reason: 'asked for' });
      expect(await run(created)).toEqual([...x].map((v) => -v / 2));
      await created.session.release();
    }
  });

  test('options of the session reach ONNX Runtime', async () => {
    const sessionOptions = { graphOptimizationLevel: 'nonsense' as 'all' };
    await expect(createSession(tinyModel(), { sessionOptions })).rejects.toThrow(/graphOptimizationLevel/);
    const extra = { optimization: { minimal_build_optimizations: 'nonsense' } };
    await expect(createSession(tinyModel(), { sessionOptions: { extra } })).rejects.toThrow(
      /minimal_build_optimizations/,
    );
  });
});

describe('in a browser (its wasm provider runs in Node too)', () => {
  afterEach(() => vi.unstubAllGlobals());

  test('auto is wasm where there is no WebGPU, on one thread where the page is not isolated', async () => {
    vi.stubGlobal('navigator', {});
    const session = await createInBrowser(tinyModel());
    expect(session.provider).toEqual({
      name: 'wasm',
      reason: 'the browser has no WebGPU; one thread, as the page is not cross-origin isolated',
    });
    // Runs at once on one session would hang without the lock.
    const results = await Promise.all([run(session), run(session), run(session)]);
    for (const result of results) expect(result).toEqual([...x].map((v) => -v / 2));
    await session.session.release();
  });

  test('auto is wasm where the only adapter is emulated in software', async () => {
    vi.stubGlobal('navigator', {
      gpu: { requestAdapter: async () => ({ info: { isFallbackAdapter: true }, features: new Set() }) },
    });
    const session = await createInBrowser(tinyModel());
    expect(session.provider.name).toBe('wasm');
    expect(session.provider.reason).toContain("the browser's WebGPU adapter is emulated in software");
    await session.session.release();
  });

  test.each([
    ['no adapter', async () => null, 'the browser gives no WebGPU adapter'],
    [
      'a failing adapter',
      () => Promise.reject(new Error('blocked.')),
      'the browser gives no WebGPU adapter: blocked',
    ],
  ])('webgpu, asked for with %s, is refused', async (_, requestAdapter, why) => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter } });
    await expect(createInBrowser(tinyModel(), { provider: 'webgpu' })).rejects.toThrow(
      `Provider 'webgpu' is not available here (${why}); expected one of: wasm.`,
    );
  });

  test("Node's providers are refused", async () => {
    vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => ({ features: new Set() }) } });
    await expect(createInBrowser(tinyModel(), { provider: 'cuda' })).rejects.toThrow(
      "Provider 'cuda' is not available here; expected one of: webgpu, wasm.",
    );
  });
});

test('the lock runs one task at a time, in order, and goes on after a failure', async () => {
  const lock = new Lock();
  const log: string[] = [];
  const task = (name: string, ms: number) => () =>
    new Promise<string>((resolve, reject) => {
      log.push(`${name} begins`);
      setTimeout(() => {
        log.push(`${name} ends`);
        if (name === 'b') reject(new Error(name));
        else resolve(name);
      }, ms);
    });
  const results = await Promise.allSettled([
    lock.run(task('a', 20)),
    lock.run(task('b', 10)),
    lock.run(task('c', 0)),
  ]);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('after a lost device no run reaches the dead session', async () => {
  const session = { run: vi.fn(async () => Promise.reject(new Error('Device was lost: reason 2.'))) };
  const locked = lockedSession(session as unknown as InferenceSession, new Lock());
  await expect(locked.run({})).rejects.toThrow('Device was lost');
  await expect(locked.run({})).rejects.toThrow(
    'The GPU device was lost (Device was lost: reason 2); load the model again.',
  );
  expect(session.run).toHaveBeenCalledTimes(1);
});

test.each([
  [
    '/src/cuda_call.cc:154 void CudaCall(T) [with T = cudaError; bool THRW = true] CUDA failure 35: no driver ; GPU=-1 ; line=3',
    'CUDA failure 35: no driver',
  ],
  ['Out of memory.\n  at run', 'Out of memory'],
])('of %j only %j is for people', (message, expected) => {
  expect(firstLine(new Error(message))).toBe(expected);
});
