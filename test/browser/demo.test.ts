import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser } from '../support/browser.js';
import { serveDemo } from '../support/demo.js';
import { openDemo, sampleInPage, statusOf, waitForState } from '../support/page.js';
import { segmentsModel, sevenSegments } from '../support/tiny-models.js';

describe.skipIf(browserPath === undefined)('the page in a real browser', () => {
  let browser: Browser;
  let demo: Awaited<ReturnType<typeof serveDemo>>;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    demo = await serveDemo([
      { id: 'segments', steps: 10, bytes: segmentsModel() },
      { id: 'broken', steps: 10, bytes: segmentsModel().slice(0, 500) },
    ]);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.close();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    page.on('pageerror', ({ message }) => errors.push(message));
  });
  afterEach(async () => {
    await page.close();
    expect(errors.splice(0)).toEqual([]);
  });

  test.each(['wasm', 'webgpu'])(
    'draws the digit that was asked for on %s, and says why there',
    async (provider) => {
      await openDemo(page, demo.url, { digit: 3, count: 4, seed: 7, steps: 10, provider });
      expect(await page.innerText('#provider-reason')).toMatch(/^(WebGPU|WebAssembly): asked for\.$/);
      const samples = await sampleInPage(page);
      const expected = sevenSegments(3);
      expect(samples).toHaveLength(4 * expected.length);
      samples.forEach((value, i) =>
        expect(value, `number ${i}`).toBeCloseTo(expected[i % expected.length]!, 3),
      );

      // What the canvas shows: cell (0, 0) has the picture's black and white, pixel by pixel.
      const shown = await page.evaluate(() => {
        const canvas = document.querySelector('canvas')!;
        const zoom = canvas.width / (2 * 28 + 1);
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return Array.from({ length: 28 * 28 }, (_, p) => {
          const [x, y] = [p % 28, Math.floor(p / 28)].map((i) => Math.floor((i + 0.5) * zoom)) as [
            number,
            number,
          ];
          return data[4 * (y * canvas.width + x)]!;
        });
      });
      expect(shown).toEqual(Array.from(expected, (value) => (value > 0 ? 255 : 0)));
    },
  );

  test('is cross-origin isolated, so that WebAssembly has threads', async () => {
    await openDemo(page, demo.url, { provider: 'wasm' });
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  });

  test('leaves a GPU that is emulated in software alone unless it is asked for', async () => {
    await openDemo(page, demo.url, {});
    expect(await page.innerText('#provider-reason')).toMatch(/^WebAssembly: .*emulated in software/);
    await openDemo(page, demo.url, { provider: 'webgpu' });
    expect(await page.innerText('#provider-reason')).toMatch(/^WebGPU: asked for/);
  });

  test('draws every digit in turn, shows the card, replays and downloads', async () => {
    await openDemo(page, demo.url, { digit: 'all', count: 10, steps: 12, provider: 'wasm' });
    expect(await page.innerText('#card')).toContain('cosine');
    const samples = await sampleInPage(page);
    for (let digit = 0; digit < 10; digit++) {
      const sample = samples.subarray(784 * digit, 784 * (digit + 1));
      sevenSegments(digit).forEach((value, i) => expect(sample[i], `digit ${digit}`).toBeCloseTo(value, 3));
    }
    expect(new URL(page.url()).searchParams.get('steps')).toBe('12');

    const picture = () => page.evaluate(() => document.querySelector('canvas')!.toDataURL());
    const last = await picture();
    await page.locator('#replay').fill('0');
    expect(await picture()).not.toBe(last);

    const [file] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    expect(file.suggestedFilename()).toBe('segments-seed-7.png');
  });

  test('stops when asked, keeps answering meanwhile, and starts again', async () => {
    await openDemo(page, demo.url, { count: 100, steps: 1000, provider: 'wasm' });
    await page.click('#start');
    await page.waitForFunction(() => document.querySelector('progress')!.value > 0);
    expect(await waitForState(page, 'sampling')).toBe('sampling');
    await page.click('#cancel');
    await waitForState(page, 'cancelled');
    expect(await page.evaluate(() => window.scorebridge.samples)).toBeUndefined();
    await page.fill('#steps', '2');
    await page.fill('#count', '1');
    expect(await sampleInPage(page)).toHaveLength(784);
  });

  test('does not wait for a worker that cannot stop', async () => {
    await openDemo(page, demo.url, { count: 100, steps: 1000, provider: 'wasm' });
    await page.click('#start');
    await page.waitForFunction(() => document.querySelector('progress')!.value > 0);
    const [worker] = page.workers();
    const busy = worker!.evaluate(() => {
      for (const end = Date.now() + 60_000; Date.now() < end;);
    });
    busy.catch(() => undefined); // it ends with its worker
    await page.click('#cancel');
    await waitForState(page, 'cancelled');
    await page.fill('#steps', '2');
    await page.fill('#count', '1');
    expect(await sampleInPage(page)).toHaveLength(784);
  });

  test.each([
    [{ digit: 12 }, /^The address asks for digit=12; expected one of 0, 1, .*, all, any\.$/],
    [{ provider: 'cuda' }, /^The address asks for provider=cuda; expected one of auto, webgpu, wasm\.$/],
    [{ model: 'nothing' }, /^The address asks for model=nothing; expected one of segments, broken\.$/],
    [{ model: 'broken' }, /ONNX/],
  ])('says what is wrong: %o', async (controls, sentence) => {
    await openDemo(page, demo.url, controls);
    expect(await waitForState(page, 'error')).toBe('error');
    expect(await statusOf(page)).toMatch(sentence);
  });

  test('says what is wrong where the list of models is missing', async () => {
    await page.route('**/index.json', (route) => route.fulfill({ status: 404 }));
    await openDemo(page, demo.url, {});
    expect(await statusOf(page)).toMatch(/^The list of models, .*index\.json, gives HTTP 404\.$/);
    expect(await page.isDisabled('#start')).toBe(true);
  });

  test('goes on after a wrong model in the address', async () => {
    await openDemo(page, demo.url, { model: 'nothing', provider: 'wasm' });
    await page.fill('#steps', '2');
    expect(await page.inputValue('#model')).toBe('segments');
    expect((await sampleInPage(page)).length).toBe(20 * 784);
  });

  test('says which control is wrong', async () => {
    await openDemo(page, demo.url, { provider: 'wasm', steps: 0 });
    await page.click('#start');
    await waitForState(page, 'error');
    expect(await statusOf(page)).toBe('Steps is 0: choose a whole number from 1 to 1000.');
  });
});
