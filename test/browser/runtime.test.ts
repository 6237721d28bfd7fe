import { createHash } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tinyModel } from '../../runtime/src/testing/tiny-model.js';
import { browserPath, launchBrowser } from '../support/browser.js';
import { openRuntime, serveRuntime } from '../support/runtime-page.js';

const model = tinyModel({ labelled: true, weights: 'tiny' });
const product = tinyModel({ labelled: true, weights: 'tiny', vjp: true });
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
      if (request.url === '/model/vjp.onnx') return response.end(product);
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
        after: 'ModelReleasedError: The model was released; load it again.',
        ...{ origin: 'network', loaded: model.length, broken: true, missing: true },
      });
    });

    test('gives the vector-Jacobian product, whose address is relative to the page', async () => {
      const found = await page.evaluate(async () => {
        const options = { provider: 'wasm', vjp: 'model/vjp.onnx' } as const;
        const call = [new Float32Array(6), 2, new Float32Array(6).fill(5), Int32Array.of(2)] as const;
        const outputs = [];
        for (const worker of [true, false]) {
          const model = await runtime.loadModel('model/whole.onnx', { ...options, worker });
          const { prediction, vjp } = await model.vjp!(...call);
          outputs.push([prediction[0], vjp[0]]);
          await model.release();
        }
        return outputs;
      });
      expect(found).toEqual([0, 1].map(() => [Math.fround(2 / 5), -1]));
    });

    test('sends of a larger array the part that is the model, and leaves it to the caller', async () => {
      const found = await page.evaluate(async () => {
        const bytes = new Uint8Array(await (await fetch('/model/whole.onnx')).arrayBuffer());
        const larger = new Uint8Array(bytes.length + 100);
        larger.set(bytes, 50);
        const part = larger.subarray(50, 50 + bytes.length);
        const loaded = [];
        for (const source of [part, bytes.buffer, new Blob([bytes])]) {
          const model = await runtime.loadModel(source, { provider: 'wasm', worker: true });
          loaded.push((await model.predict(new Float32Array(6), 1, Int32Array.of(2)))[0]);
          await model.release();
        }
        return [...loaded, part.every((byte, i) => byte === bytes[i]), bytes.buffer.byteLength];
      });
      expect(found).toEqual([1, 1, 1, true, model.length]);
    });

    test('ends with the load that is aborted', async () => {
      const said = await page.evaluate(async () => {
        const abort = new AbortController();
        setTimeout(() => abort.abort(new Error('enough')), 100);
        const options = { worker: true, provider: 'wasm', signal: abort.signal } as const;
        return runtime.loadModel('/model/stalls.onnx', options).catch(String);
      });
      expect(said).toBe('Error: enough');
      await expect.poll(() => page.workers().length).toBe(0);
    });

    test.each<[how: string, kill: () => void, message: string]>([
      [
        'throws',
        () => {
          setTimeout(() => {
            throw new Error('out of memory');
          });
        },
        'failed (Uncaught Error: out of memory)',
      ],
      ['ends by itself', () => self.close(), 'ended by itself'],
    ])('that %s fails a run in its midst, and what comes later', async (_, kill, what) => {
      const fresh = await openRuntime(browser, server.url);
      const uncaught: string[] = [];
      fresh.on('pageerror', ({ message }) => uncaught.push(message));
      const run = fresh.evaluate(async () => {
        const { loadModel, sample, ddim, WorkerError } = runtime;
        const model = await loadModel('/model/whole.onnx', { worker: true, provider: 'wasm' });
        const options = { sampler: ddim(), steps: 1000, count: 1, seed: 1 };
        const say = (error: unknown) => [error instanceof WorkerError, String(error)] as const;
        const during = await (async () => {
          for await (const { step } of sample(model, options)) if (step === 3) window.name = 'under way';
        })().then(() => 'came to its end', say);
        const after = await model.predict(new Float32Array(6), 1).catch(say);
        await model.release();
        return [during, after];
      });
      await fresh.waitForFunction(() => window.name === 'under way');
      await fresh.workers()[0]!.evaluate(kill);
      const said = [true, `WorkerError: The worker ${what}; load the model again.`];
      expect(await run).toEqual([said, said]);
      expect(uncaught).toEqual([]);
      await expect.poll(() => fresh.workers().length).toBe(0);
      await fresh.close();
    });
  });
});
