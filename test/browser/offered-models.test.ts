import { readFile, stat } from 'node:fs/promises';
import { annealedLangevin, ddpm, loadModel, sample } from '@scorebridge/runtime';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser } from '../support/browser.js';
import { serveDemo } from '../support/demo.js';
import { openDemo, sampleInPage } from '../support/page.js';

const folder = new URL('../../web-demo/public/models/', import.meta.url);
const entries = JSON.parse(await readFile(new URL('index.json', folder), 'utf8')) as {
  id: string;
  file: string;
}[];

const count = 2;
const seed = 5;
const steps = 4;

async function sampleInNode(file: string): Promise<Float32Array> {
  const model = await loadModel(await readFile(new URL(file, folder)), { provider: 'cpu' });
  const options =
    model.card.process.kind === 'vp'
      ? { sampler: ddpm(), steps }
      : { sampler: annealedLangevin({ T: steps }) };
  const { samples } = await sample(model, { ...options, count, seed }).result;
  await model.release();
  return samples;
}

test.each(entries)('$file is small and says how it was made', async ({ file }) => {
  expect((await stat(new URL(file, folder))).size).toBeLessThan(3e6);
  const model = await loadModel(await readFile(new URL(file, folder)));
  const { card } = model;
  await model.release();
  expect(card.shape).toEqual([28, 28, 1]);
  expect(card.command).toMatch(/^(npx )?scorebridge train /);
  expect(Object.keys(card.figures).length).toBeGreaterThan(0);
});

describe.skipIf(browserPath === undefined)('the page as it is published', () => {
  let browser: Browser;
  let demo: Awaited<ReturnType<typeof serveDemo>>;

  beforeAll(async () => {
    [browser, demo] = [await launchBrowser(), await serveDemo()];
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.close();
  });

  test.each(entries)('samples $id as Node does', async ({ id, file }) => {
    const page = await browser.newPage();
    await openDemo(page, demo.url, { model: id, provider: 'wasm', count, seed, steps, digit: 'any' });
    const samples = await sampleInPage(page);
    await page.close();
    const expected = await sampleInNode(file);
    expect(samples).toHaveLength(expected.length);
    samples.forEach((value, i) =>
      expect(Math.abs(value - expected[i]!), `number ${i}, seed ${seed}`).toBeLessThan(1e-3),
    );
  });
});
