import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createElement, type FunctionComponent } from 'react';
import { renderToString } from 'react-dom/server';
import { type Browser, type Page } from 'playwright-core';
import { build, preview, type PreviewServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser } from '../support/browser.js';
import { exampleDigit, greys } from '../support/example-digit.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = `${root}test/results/examples/`; // inside the repository, so that packages resolve

describe.skipIf(browserPath === undefined)('in a browser', () => {
  let browser: Browser;
  const servers: PreviewServer[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(servers.map((server) => server.close()));
    await rm(folder, { recursive: true, force: true });
  });

  async function serve(outDir: string): Promise<string> {
    const server = await preview({
      root,
      configFile: false,
      logLevel: 'error',
      build: { outDir },
      preview: { host: '127.0.0.1', port: 0 },
    });
    servers.push(server);
    return server.resolvedUrls!.local[0]!;
  }

  /** A page without WebGPU, which would be emulated, and what it complains of. */
  async function open(url: string): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      const icon = message.location().url.endsWith('/favicon.ico'); // which a browser asks for unasked
      if (message.type() === 'error' && !icon) complaints.push(message.text());
    });
    await page.addInitScript(() => Object.defineProperty(navigator, 'gpu', { value: undefined }));
    await page.goto(url);
    return { page, complaints };
  }

  /** Waits until the page says that it has drawn this digit, and compares what it shows with what Node draws. */
  async function expectDigit(page: Page, label: number): Promise<void> {
    await page.getByText(`a ${label}, on wasm`).waitFor();
    const shown = await page.evaluate(() => {
      const context = document.querySelector('canvas')!.getContext('2d')!;
      return Array.from(context.getImageData(0, 0, 28, 28).data);
    });
    greys(await exampleDigit(label)).forEach((grey, i) => {
      expect(Math.abs(shown[4 * i]! - grey), `pixel ${i}`).toBeLessThanOrEqual(1);
      expect(shown[4 * i + 3]).toBe(255);
    });
  }

  test('the page without a build draws a digit', async () => {
    const { page, complaints } = await open(`${await serve('.')}examples/page/index.html`);
    await expectDigit(page, 3);
    expect(complaints).toEqual([]);
  });

  test('the component for Next takes over what the server rendered, and draws', async () => {
    const example = `${root}examples/next/page.tsx`;
    const { default: Digits } = (await import(example)) as { default: FunctionComponent };
    await mkdir(folder, { recursive: true });
    await writeFile(
      `${folder}index.html`,
      `<main>${renderToString(createElement(Digits))}</main><script type="module" src="main.js"></script>`,
    );
    await writeFile(
      `${folder}main.js`,
      `import { createElement } from 'react';
      import { hydrateRoot } from 'react-dom/client';
      import Page from '${example}';
      hydrateRoot(document.querySelector('main'), createElement(Page));`,
    );
    await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      publicDir: `${root}web-demo/public`,
      build: { outDir: 'dist', target: 'es2022' },
    });
    const { page, complaints } = await open(await serve(`${folder}dist`));
    await expectDigit(page, 3);
    await page.getByRole('spinbutton').fill('5');
    await expectDigit(page, 5);
    expect(complaints).toEqual([]);
  });
});
