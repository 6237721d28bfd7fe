import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser } from '../support/browser.js';
import { differingSamples, type Fingerprint } from '../support/reproducible.js';
import { openRuntime, serveRuntime } from '../support/runtime-page.js';

const models = new URL('../../web-demo/public/models/', import.meta.url);
const table = JSON.parse(
  await readFile(new URL('../support/reproducible.json', import.meta.url), 'utf8'),
) as Record<string, Fingerprint>;

describe.skipIf(browserPath === undefined)('the committed table of samples', () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serveRuntime>>;
  let page: Page;

  beforeAll(async () => {
    server = await serveRuntime((request, response, next) => {
      const file = /^\/models\/([\w-]+\.onnx)$/.exec(request.url ?? '')?.[1];
      if (!file) return next();
      readFile(new URL(file, models)).then((bytes) => response.end(bytes), next);
    });
    browser = await launchBrowser();
    page = await openRuntime(browser, server.url);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  // Not on WebGPU: an emulated GPU takes minutes for a case, and the one measured, ddpm, was off by up to 4.4e-3, four grids.
  test.each(['mnist-labelled.onnx: UniPC', 'mnist-ncsn.onnx: predictor-corrector'])(
    'holds on wasm: %s',
    async (name) => {
      const samples = await page.evaluate(async (name) => {
        const { reproducibleCases, caseName } = reproducible;
        const entry = reproducibleCases.find((entry) => caseName(entry) === name)!;
        const model = await runtime.loadModel(`/models/${entry.model}`, { provider: 'wasm' });
        const { samples } = await runtime.sample(model, entry.options).result;
        await model.release();
        return [...samples];
      }, name);
      expect(await differingSamples(Float32Array.from(samples), table[name]!)).toEqual([]);
    },
  );
});
