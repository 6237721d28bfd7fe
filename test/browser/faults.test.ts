import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HALF_NAN, halfModel } from '../../runtime/src/testing/half-model.js';
import { floats, ints } from '../../runtime/src/testing/onnx-file.js';
import { tinyModel } from '../../runtime/src/testing/tiny-model.js';
import { browserPath, launchBrowser } from '../support/browser.js';
import { openRuntime, serveRuntime } from '../support/runtime-page.js';

describe.skipIf(browserPath === undefined)('faults in a page', () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serveRuntime>>;
  let page: Page;

  beforeAll(async () => {
    // 64 kB of weights, so that a session which is not freed is one.
    const means = floats('means', [2 ** 14], new Array<number>(2 ** 14).fill(0.5));
    const model = tinyModel({
      labelled: true,
      graph: { initializers: [floats('one', [], [1]), ints('axes', [1, 2]), means] },
    });
    const files: Record<string, Uint8Array> = {
      '/model.onnx': model,
      '/half.onnx': halfModel(HALF_NAN),
      '/unet-fp16.onnx': await readFile(new URL('../fixtures/unet/unet-fp16.onnx', import.meta.url)),
    };
    server = await serveRuntime((request, response, next) => {
      const file = files[request.url!];
      return file ? response.end(file) : next();
    });
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    page = await openRuntime(browser, server.url);
  });
  afterEach(() => page.close());
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test('a thousand models loaded, sampled and released on wasm leave its heap and the heap of the page as they were', async () => {
    await page.evaluate(() => {
      const made: WebAssembly.Memory[] = [];
      const { Memory } = WebAssembly;
      WebAssembly.Memory = new Proxy(Memory, {
        construct(target, args: [WebAssembly.MemoryDescriptor]) {
          const memory = new target(...args);
          made.push(memory);
          return memory;
        },
      });
      Object.assign(globalThis, { wasmBytes: () => made.map(({ buffer }) => buffer.byteLength) });
    });
    const devtools = await page.context().newCDPSession(page);
    const rounds = (count: number) =>
      page.evaluate(async (count) => {
        const { loadModel, sample, ddim } = runtime;
        const bytes = new Uint8Array(await (await fetch('/model.onnx')).arrayBuffer());
        for (let seed = 0; seed < count; seed++) {
          const model = await loadModel(bytes, { provider: 'wasm', threads: 1 });
          await sample(model, { sampler: ddim(), steps: 3, count: 4, batch: 2, seed, label: 1 }).result;
          await model.release();
        }
        return (globalThis as unknown as { wasmBytes(): number[] }).wasmBytes();
      }, count);
    const found: { wasm: number[]; page: number }[] = [];
    for (let hundred = 0; hundred < 10; hundred++) {
      const wasm = await rounds(100);
      await devtools.send('HeapProfiler.collectGarbage');
      const { usedSize } = await devtools.send('Runtime.getHeapUsage');
      found.push({ wasm, page: usedSize });
    }
    const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(2);
    console.log(`MiB of wasm: ${found.map(({ wasm }) => wasm.map(megabytes).join('+')).join(' ')}`);
    console.log(`MiB of the page: ${found.map(({ page }) => megabytes(page)).join(' ')}`);
    // Of sessions that are not freed one in ten would be seen in it.
    expect(found[0]!.wasm).toHaveLength(1);
    expect(found.at(-1)!.wasm).toEqual(found[0]!.wasm);
    // Half a kilobyte a round.
    expect(found.at(-1)!.page - found[1]!.page).toBeLessThan(2 ** 19);
  });

  test('models loaded, sampled and released on WebGPU leave no buffer behind', async () => {
    const { made, after } = await page.evaluate(async () => {
      const { loadModel, sample, ddim } = runtime;
      let [made, open] = [0, 0];
      const { createBuffer } = GPUDevice.prototype;
      const { destroy } = GPUBuffer.prototype;
      GPUDevice.prototype.createBuffer = function (...args) {
        made++;
        open++;
        return createBuffer.apply(this, args);
      };
      GPUBuffer.prototype.destroy = function () {
        open--;
        destroy.apply(this);
      };
      const after: number[] = [];
      for (let seed = 0; seed < 50; seed++) {
        const model = await loadModel('/model.onnx', { provider: 'webgpu' });
        await sample(model, { sampler: ddim(), steps: 3, count: 4, batch: 2, seed, label: 1 }).result;
        await model.predict(new Float32Array(6), 1, Int32Array.of(2));
        await model.release();
        after.push(open);
      }
      return { made, after };
    });
    console.log(`GPU buffers: ${made} made, open after each round: ${after.join(' ')}`);
    expect(made).toBeGreaterThan(50 * 10);
    // What the first round may keep is shared by all.
    expect(after.slice(1)).toEqual(new Array(49).fill(after[0]));
    expect(after[0]).toBeLessThan(10);
  });

  test.each<[where: string, options: { provider: 'wasm' | 'webgpu'; worker: boolean }]>([
    ['in the page', { provider: 'wasm', worker: false }],
    ['in a worker', { provider: 'wasm', worker: true }],
    ['on the GPU', { provider: 'webgpu', worker: false }],
  ])('an abort during a network call lets that one end and none begin: %s', async (_, options) => {
    const found = await page.evaluate(async (options) => {
      const { loadModel, sample, ddim } = runtime;
      const model = await loadModel('/model.onnx', options);
      const controller = new AbortController();
      let calls = 0;
      const called = () => {
        if (++calls === 5) queueMicrotask(() => controller.abort(new Error('enough')));
      };
      const predict: typeof model.predict = (...args) => {
        called();
        return model.predict(...args);
      };
      const open: NonNullable<typeof model.chains>['open'] = (chainOptions) => {
        const chain = model.chains!.open(chainOptions);
        const estimate: typeof chain.estimate = (...args) => {
          called();
          return chain.estimate(...args);
        };
        return { ...chain, estimate };
      };
      const aborting = { ...model, predict, ...(model.chains && { chains: { ...model.chains, open } }) };
      const draw = { sampler: ddim(), steps: 6, count: 6, batch: 4, seed: 1, label: 1 };
      const said = await sample(aborting, { ...draw, signal: controller.signal }).result.then(
        () => 'came to its end',
        String,
      );
      // A call that is still under way would be counted now.
      await new Promise((resolve) => setTimeout(resolve, 200));
      const stopped = calls;
      const { steps } = await sample(model, draw).result;
      await model.release();
      return { said, stopped, steps, isOnDevice: model.chains !== undefined };
    }, options);
    const isOnDevice = options.provider === 'webgpu';
    expect(found).toEqual({ said: 'Error: enough', stopped: 5, steps: 6, isOnDevice });
  });

  test.each<[where: string, options: { provider: 'wasm' | 'webgpu'; worker: boolean }, other: string]>([
    ['webgpu', { provider: 'webgpu', worker: false }, ", or this one with provider 'wasm' ('cpu' in Node)"],
    ['wasm, in a worker', { provider: 'wasm', worker: true }, ''],
  ])('a model of float16 whose predictions are not finite says what to do: %s', async (_, options, other) => {
    const said = await page.evaluate(async (options) => {
      const { loadModel, sample, ddim, NotFiniteError } = runtime;
      const model = await loadModel('/half.onnx', options);
      const run = { sampler: ddim(), steps: 3, count: 2, seed: 1 };
      const error = await sample(model, run).result.catch((error: unknown) => error);
      await model.release();
      return [error instanceof NotFiniteError, String(error)];
    }, options);
    expect(said).toEqual([
      true,
      `NotFiniteError: The model's prediction at level 5 is not finite, in step 1 of 3; its weights are float16, whose numbers end at 65,504: load the file in float32${other}.`,
    ]);
  });

  test('a model of float16 is not for a GPU without float16: refused by name, and on wasm where that is left open', async () => {
    const [hasHalf, refused, provider, finite] = await page.evaluate(async () => {
      const { loadModel, sample, ddim, DIFFUSERS_GRAPH, ProviderUnavailableError } = runtime;
      const load = (provider: 'webgpu' | 'auto') =>
        loadModel('/unet-fp16.onnx', {
          provider,
          card: {
            process: {
              kind: 'vp',
              schedule: { name: 'scaled-linear', betaStart: 8.5e-4, betaEnd: 1.2e-2, T: 1000 },
            },
            parametrisation: 'eps',
            graph: DIFFUSERS_GRAPH,
          },
        });
      const adapter = (await navigator.gpu.requestAdapter())!;
      const refused = await load('webgpu').catch((error: unknown) => [
        error instanceof ProviderUnavailableError,
        String(error),
      ]);
      // An emulated adapter would not be taken anyhow.
      Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });
      const model = await load('auto');
      const { samples } = await sample(model, { sampler: ddim(), steps: 2, count: 1, seed: 1 }).result;
      await model.release();
      return [adapter.features.has('shader-f16'), refused, model.provider, samples.every(Number.isFinite)];
    });
    expect(hasHalf).toBe(false);
    const why = "the model's weights are float16, which this GPU does not have (shader-f16)";
    expect(refused).toEqual([
      true,
      `ProviderUnavailableError: Provider 'webgpu' is not available here (${why}); expected one of: wasm.`,
    ]);
    expect([provider, finite]).toEqual([{ name: 'wasm', reason: why }, true]);
  });
});
