import { createHash } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tinyModel } from '../../runtime/src/testing/tiny-model.js';
import { browserPath, launchBrowser } from '../support/browser.js';
import { openRuntime, serveRuntime } from '../support/runtime-page.js';

const model = tinyModel({ labelled: true });
const integrity = `sha256-${createHash('sha256').update(model).digest('base64')}`;

describe.skipIf(browserPath === undefined)('the runtime in a real browser', () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serveRuntime>>;
  let page: Page;
  /** Requests for the model so far. */
  let requests = 0;

  beforeAll(async () => {
    server = await serveRuntime((request, response, next) => {
      if (!request.url?.startsWith('/model')) return next();
      requests++;
      if (request.url === '/model/missing.onnx') return response.writeHead(404, 'Not Found').end();
      response.writeHead(200, { 'content-length': model.length });
      if (request.url === '/model/whole.onnx') return response.end(model);
      response.write(model.subarray(0, 100));
      // One that is cut off, and one that stalls.
      if (request.url === '/model/cut.onnx') setTimeout(() => response.destroy(), 50);
    });
    browser = await launchBrowser();
    page = await openRuntime(browser, server.url);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  describe('loads a model', () => {
    test('from an address, a File, an ArrayBuffer and a Uint8Array, with progress', async () => {
      const found = await page.evaluate(async () => {
        const bytes = new Uint8Array(await (await fetch('/model/whole.onnx')).arrayBuffer());
        const sources = ['/model/whole.onnx', new File([bytes], 'model.onnx'), bytes.buffer, bytes];
        const loaded = [];
        for (const source of sources) {
          const progress: { loaded: number; total: number | undefined }[] = [];
          const model = await runtime.loadModel(source, {
            provider: 'wasm',
            onProgress: (p) => progress.push(p),
          });
          const prediction = [...(await model.predict(new Float32Array(6), 1, Int32Array.of(2)))];
          await model.release();
          loaded.push({ origin: model.origin.from, last: progress.at(-1), prediction });
        }
        return loaded;
      });
      const total = { loaded: model.length, total: model.length };
      expect(found.map(({ origin }) => origin)).toEqual(['network', 'memory', 'memory', 'memory']);
      expect(found.map(({ last }) => last)).toEqual([total, total, undefined, undefined]);
      for (const { prediction } of found) expect(prediction).toEqual([1, 1, 1, 1, 1, 1]);
    });

    test('once from the network, then from the cache, which is held to the hash', async () => {
      const before = requests;
      const load = (hash: string) =>
        page.evaluate(async (integrity) => {
          const model = await runtime.loadModel('/model/whole.onnx', {
            ...{ provider: 'wasm', cache: 'models', integrity },
          });
          await model.release();
          return model.origin;
        }, hash);
      expect(await load(integrity)).toEqual({
        from: 'network',
        reason: 'the cache did not have it; now kept in models',
      });
      expect(await load(integrity)).toEqual({ from: 'cache', reason: 'kept in models' });
      expect(requests - before).toBe(1);

      await page.evaluate(async () => {
        const cache = await caches.open('models');
        await cache.put('/model/whole.onnx', new Response(new Uint8Array(9)));
      });
      expect((await load(integrity)).reason).toBe('the cache had another file; now kept in models');
      expect(requests - before).toBe(2);
    });

    test('not where its hash is another, and keeps nothing of it', async () => {
      const wrong = `sha256-${'A'.repeat(43)}=`;
      const [name, message, kept] = await page.evaluate(async (integrity) => {
        const options = { provider: 'wasm', cache: 'wrong', integrity } as const;
        const error = await runtime.loadModel('/model/whole.onnx', options).catch((error: Error) => error);
        const kept = await (await caches.open('wrong')).keys();
        return [error instanceof runtime.IntegrityError, (error as Error).message, kept.length] as const;
      }, wrong);
      expect([name, kept]).toEqual([true, 0]);
      expect(message).toBe(
        `/model/whole.onnx has the hash ${integrity}; expected ${wrong}: the file was changed, or the hash is that of another.`,
      );
    });

    test.each([
      ['/model/missing.onnx', {}, 'ModelError: The server answers 404 Not Found for /model/missing.onnx.'],
      [
        '/model/cut.onnx',
        { cache: 'cut' },
        `ModelError: The download of /model/cut.onnx ended after 100 of ${model.length} bytes; load it again.`,
      ],
      ['http://127.0.0.1:1/', {}, 'ModelError: http://127.0.0.1:1/ cannot be fetched: Failed to fetch.'],
      [
        '/model/whole.onnx',
        { integrity: 'md5-x' },
        'RangeError: integrity is md5-x; expected a hash such as sha256-<base64 of 32 bytes>.',
      ],
    ])('or says what is wrong: %s %o', async (address, options, sentence) => {
      const said = await page.evaluate(
        ([address, options]) => runtime.loadModel(address, options).then(() => 'loaded', String),
        [address, options] as const,
      );
      expect(said).toBe(sentence);
    });

    test('until it is aborted', async () => {
      const said = await page.evaluate(async () => {
        const abort = new AbortController();
        const onProgress = () => abort.abort(new Error('enough'));
        const options = { signal: abort.signal, onProgress };
        return runtime.loadModel('/model/stalls.onnx', options).then(() => 'loaded', String);
      });
      expect(said).toBe('Error: enough');
    });

    test('without a cache and without hashes where the page is not a secure context, and says so', async () => {
      const url = new URL(server.url);
      url.hostname = 'insecure.test';
      const insecure = await openRuntime(browser, url.href);
      const [origin, said] = await insecure.evaluate(async (integrity) => {
        const options = { provider: 'wasm', cache: 'models' } as const;
        const model = await runtime.loadModel('/model/whole.onnx', options);
        const hashed = runtime.loadModel('/model/whole.onnx', { ...options, integrity });
        return [model.origin, await hashed.then(() => 'loaded', String)] as const;
      }, integrity);
      await insecure.close();
      expect(origin).toEqual({
        from: 'network',
        reason: 'the browser gives pages that are not secure contexts no cache',
      });
      expect(said).toMatch(/^IntegrityError: The hash of the model cannot be checked, /);
    });
  });

  describe('in a worker', () => {
    test('predicts and samples as the page does, tells errors apart, and ends', async () => {
      const found = await page.evaluate(async () => {
        const { loadModel, sample, ddim } = runtime;
        const progress: number[] = [];
        const [there, here] = await Promise.all(
          [true, false].map((worker) =>
            loadModel('/model/whole.onnx', {
              ...{ provider: 'wasm', worker },
              onProgress: ({ loaded }) => worker && progress.push(loaded),
            }),
          ),
        );
        const draw = async (model: typeof there) =>
          Array.from((await sample(model!, { sampler: ddim(), steps: 3, count: 2, seed: 1 }).result).samples);
        const samples = [await draw(there), await draw(here)];
        const wrong = await there!.predict(new Float32Array(5), 1).catch(String);
        const broken = await loadModel(new Uint8Array(20).buffer, { worker: true }).catch(
          (error: Error) => error,
        );
        const missing = await loadModel('/model/missing.onnx', { worker: true }).catch(
          (error: Error) => error,
        );
        await there!.release();
        await here!.release();
        const after = await there!.predict(new Float32Array(6), 1).catch(String);
        return {
          ...{ samples, wrong, after, origin: there!.origin.from, loaded: progress.at(-1) },
          broken: broken instanceof runtime.NotOnnxError,
          missing: missing instanceof runtime.ModelError,
        };
      });
      const { samples, wrong, ...others } = found;
      expect(samples[0]).toEqual(samples[1]);
      expect(wrong).toMatch(/^RangeError: x has 5 numbers/);
      expect(others).toEqual({
        after: 'Error: The model was released; load it again.',
        ...{ origin: 'network', loaded: model.length, broken: true, missing: true },
      });
    });

    test('leaves the page when it is aborted, and fails what it was asked when it dies', async () => {
      const found = await page.evaluate(async () => {
        const abort = new AbortController();
        setTimeout(() => abort.abort(new Error('enough')), 100);
        const options = { worker: true, provider: 'wasm' } as const;
        const aborted = await runtime
          .loadModel('/model/stalls.onnx', { ...options, signal: abort.signal })
          .catch(String);

        const made: Worker[] = [];
        const { Worker: Original } = globalThis;
        globalThis.Worker = class extends Original {
          constructor(...args: ConstructorParameters<typeof Worker>) {
            super(...args);
            made.push(this);
          }
        };
        const model = await runtime.loadModel('/model/whole.onnx', options);
        globalThis.Worker = Original;
        const asked = model.predict(new Float32Array(6), 1).catch(String);
        made[0]!.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }));
        return [aborted, await asked, await model.predict(new Float32Array(6), 1).catch(String)];
      });
      const died = 'Error: The worker failed (out of memory); load the model again.';
      expect(found).toEqual(['Error: enough', died, died]);
    });
  });
});
