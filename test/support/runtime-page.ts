import type * as Runtime from '@scorebridge/runtime';
import { tmpdir } from 'node:os';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { type Connect, createServer } from 'vite';
import { PATIENCE } from './browser.js';

/** What the browser's entry has beside that of Node. */
type InBrowser = Omit<typeof Runtime, 'loadModel'> &
  Pick<typeof import('../../runtime/dist/browser.js'), 'loadModel'>;

declare global {
  /** The runtime in the page of `serveRuntime`. */
  var runtime: InBrowser;
  var reproducible: typeof import('./reproducible.js');
}

/**
 * Serves a page that holds the runtime, cross-origin isolated unless told otherwise, and beside it whatever `middleware`
 * answers. Nothing is built: the browser loads the modules one by one.
 */
export async function serveRuntime(
  middleware: Connect.NextHandleFunction,
  { isolated = true }: { isolated?: boolean } = {},
): Promise<{ url: string; close(): Promise<void> }> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'scorebridge-page-'));
  const server = await createServer({
    root: fileURLToPath(new URL('../browser/page/', import.meta.url)),
    configFile: false,
    logLevel: 'error',
    cacheDir,
    appType: 'mpa',
    plugins: [{ name: 'beside', configureServer: ({ middlewares }) => void middlewares.use(middleware) }],
    worker: { format: 'es' },
    optimizeDeps: { exclude: ['onnxruntime-web', '@scorebridge/runtime'], include: ['valibot'] },
    server: {
      host: '127.0.0.1',
      port: 0,
      allowedHosts: ['insecure.test'],
      hmr: false,
      watch: null,
      fs: { strict: false },
      ...(isolated && {
        headers: {
          'Cross-Origin-Opener-Policy': 'same-origin',
          'Cross-Origin-Embedder-Policy': 'require-corp',
        },
      }),
    },
  });
  await server.listen();
  return {
    url: server.resolvedUrls!.local[0]!,
    async close() {
      await server.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
}

/** A page with the runtime in it. */
export async function openRuntime(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(url);
  await page.waitForFunction(() => 'runtime' in globalThis);
  return page;
}
