import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser, swiftShader } from '../support/browser.js';
import { serveDemo } from '../support/demo.js';
import { openDemo, sampleInPage } from '../support/page.js';
import { convolutionalModel } from '../support/tiny-models.js';

const script = fileURLToPath(new URL('../support/sample-in-node.mjs', import.meta.url));
const size = 8 * 8;
const seed = 20;
const steps = 12;
const label = 2;
const guidance = 0.5;

let folder: string;
let path: string;
/** Five samples on Node's cpu, which all the others are held against. */
let reference: Float32Array;

async function sampleInNode(provider: string, count: number, batch = count): Promise<Float32Array> {
  const options = { path, provider, seed, steps, count, batch, label, guidance };
  const env = { ...process.env, ...swiftShader };
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(options)], { env });
  return Float32Array.from(JSON.parse(stdout) as number[]);
}

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);

function expectSame(samples: Float32Array, expected: Float32Array, tolerance = 1e-3): void {
  expect(samples).toHaveLength(expected.length);
  expect(largestDifference(samples, expected), `largest difference, seed ${seed}`).toBeLessThan(tolerance);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-parity-'));
  path = join(folder, 'model.onnx');
  await writeFile(path, convolutionalModel());
  reference = await sampleInNode('cpu', 5);
});
afterAll(() => rm(folder, { recursive: true }));

test('the samples differ from each other, so that agreeing says something', () => {
  const sample = (i: number) => reference.subarray(i * size, (i + 1) * size);
  for (let i = 1; i < 5; i++) expect(largestDifference(sample(i), sample(0))).toBeGreaterThan(0.1);
  expect(Math.max(...reference.map(Math.abs))).toBeLessThanOrEqual(1);
});

test.each([1, 2, 3])('Node cpu: a batch of %d gives the same samples', async (batch) => {
  expectSame(await sampleInNode('cpu', 5, batch), reference, 1e-5);
});

test('Node cpu: the first three of five are the three of three', async () => {
  expectSame(await sampleInNode('cpu', 3), reference.subarray(0, 3 * size), 1e-5);
});

test.skipIf(swiftShader === undefined)('Node webgpu gives the same samples', async () => {
  expectSame(await sampleInNode('webgpu', 5), reference);
});

describe.skipIf(browserPath === undefined)('a browser', () => {
  let browser: Browser;
  let demo: Awaited<ReturnType<typeof serveDemo>>;

  beforeAll(async () => {
    demo = await serveDemo([{ id: 'convolutional', steps, guidance, bytes: convolutionalModel() }]);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.close();
  });

  test.each([
    ['wasm', 5],
    ['wasm', 3],
    ['webgpu', 5],
    ['webgpu', 2],
  ])('%s gives the same samples, %d at once', async (provider, count) => {
    const page = await browser.newPage();
    await openDemo(page, demo.url, { provider, count, seed, steps, guidance, digit: label });
    expectSame(await sampleInPage(page), reference.subarray(0, count * size));
    await page.close();
  });
});
