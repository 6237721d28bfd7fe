import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { loadModel, type ScoreModel, type ScoreSource } from '@scorebridge/runtime';
import { createElement, type FunctionComponent } from 'react';
import { renderToString } from 'react-dom/server';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digitApp } from '../examples/server/app.js';
import { exampleDigit, exampleModel, greys } from './support/example-digit.js';

const path = (file: string) => fileURLToPath(new URL(`../examples/${file}`, import.meta.url));

describe('the server', () => {
  let model: ScoreModel;
  let server: Server;
  let calls = 0;

  /** The address of a server that counts the network calls. */
  async function listen(options: object): Promise<string> {
    const counting: ScoreSource = {
      card: model.card,
      predict: (...args) => (calls++, model.predict(...args)),
    };
    server = digitApp(counting, options).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const close = () => new Promise((resolve) => server.close(resolve));

  beforeAll(async () => {
    model = await loadModel(exampleModel);
  });
  afterAll(() => model.release());

  test('answers with the digit as a picture, and says what there is not', async () => {
    const url = await listen({});
    const response = await fetch(`${url}/digit/3.png?seed=7`);
    expect(response.headers.get('content-type')).toBe('image/png');
    const picture = sharp(await response.arrayBuffer()).extractChannel(0);
    const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([28, 28]);
    expect([...data]).toEqual([...greys(await exampleDigit(3))]);

    for (const [asked, answer] of [
      ['12.png', /^label is 12; /],
      ['three.png', /^label is NaN; /],
      ['3.png?seed=-1', /^seed is -1; /],
    ] as const) {
      const refused = await fetch(`${url}/digit/${asked}`);
      expect(refused.status).toBe(400);
      expect(await refused.text()).toMatch(answer);
    }
    await close();
  });

  test('makes no more network calls for a client that has gone away', async () => {
    const steps = 1000;
    const url = await listen({ steps });
    calls = 0;
    const leaving = new AbortController();
    const asked = fetch(`${url}/digit/3.png`, { signal: leaving.signal });
    while (calls < 3) await setTimeout(1);
    leaving.abort();
    await expect(asked).rejects.toThrow('aborted');
    for (let before = NaN; before !== calls; await setTimeout(500)) before = calls;
    expect(calls).toBeLessThan(steps);
    await close();
  });

  test('starts with its model in a worker', async () => {
    const free = createServer().listen(0);
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const child = spawn(process.execPath, [path('server/server.js')], {
      env: { ...process.env, PORT: `${port}` },
    });
    try {
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      const response = await fetch(said.toString().trim());
      expect(response.headers.get('content-type')).toBe('image/png');
    } finally {
      child.kill();
    }
  });
});

describe('the desktop app', () => {
  test('draws in a worker, several at once, and stops those that it is told to', async () => {
    const worker = new Worker(path('desktop/sampling-worker.js'));
    const ends = new Map<number, { samples?: Float32Array; shape?: number[]; error?: string }>();
    let steps = 0;
    await new Promise<void>((resolve, reject) => {
      worker.on('error', reject);
      worker.on('message', ({ id, step, ...end }: { id: number; step?: number }) => {
        if (id === 1 && step === 1) worker.postMessage({ id: 1, stop: true });
        if (id === 2 && step) steps = Math.max(steps, step);
        if (step === undefined) ends.set(id, end);
        if (ends.size === 3) resolve();
      });
      worker.postMessage({ id: 1, label: 1, seed: 1, steps: 1000 });
      worker.postMessage({ id: 2, label: 4, seed: 7 });
      worker.postMessage({ id: 3, label: 10, seed: 7 });
    });
    await worker.terminate();
    expect(ends.get(1)).toEqual({ error: 'Stopped.' });
    expect(ends.get(2)).toEqual({ samples: await exampleDigit(4), shape: [1, 28, 28, 1] });
    expect(steps).toBe(50);
    expect(ends.get(3)!.error).toMatch(/^label is 10; /);
  });

  test('shows the digit in the terminal', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [path('desktop/main.js'), '4']);
    const brightest = Array.from(await exampleDigit(4), (x) => (2.5 * (x + 1) >= 4 ? '##' : '')); // a pixel, two characters
    const rows = stdout.trimEnd().split('\n');
    expect(rows.map((row) => row.replace(/[^#]/g, ''))).toEqual(
      rows.map((_, y) => brightest.slice(28 * y, 28 * (y + 1)).join('')),
    );
    expect(brightest.join('').length).toBeGreaterThan(50);
    expect(stderr).toMatch(/step 50 of 50\n$/);
  });

  test('says what it cannot draw, and exits with 1', async () => {
    const asked = promisify(execFile)(process.execPath, [path('desktop/main.js'), 'four']);
    await expect(asked).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^label is NaN; /) as string,
    });
  });
});

test('the component for Next is rendered on a server, where there is no window', async () => {
  expect(typeof window).toBe('undefined');
  const { default: Page } = (await import(path('next/page.tsx'))) as { default: FunctionComponent };
  const html = renderToString(createElement(Page));
  expect(html).toContain('<canvas width="28" height="28"');
  expect(html).toContain('<figcaption>loading</figcaption>');
});
