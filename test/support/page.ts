import type { Page } from 'playwright-core';
import { PATIENCE } from './browser.js';

declare global {
  interface Window {
    /** What the page holds for scripts: see web-demo/src/main.ts. */
    scorebridge: { samples?: Float32Array };
  }
}

/** Opens the page with these controls preset and waits until its model is loaded, or until it says why not. */
export async function openDemo(
  page: Page,
  url: string,
  controls: Record<string, string | number>,
): Promise<void> {
  const entries = Object.entries(controls).map(([name, value]) => [name, String(value)]);
  page.setDefaultTimeout(PATIENCE);
  await page.goto(`${url}?${new URLSearchParams(entries).toString()}`);
  await waitForState(page, 'ready', 'error');
}

export async function waitForState(page: Page, ...states: string[]): Promise<string> {
  const found = await page.waitForSelector(states.map((state) => `main[data-state=${state}]`).join());
  return (await found.getAttribute('data-state'))!;
}

/** Presses Start, waits for the end and returns the samples, [count, ...shape], flat. Throws what the page says if it fails. */
export async function sampleInPage(page: Page): Promise<Float32Array> {
  await page.click('#start');
  if ((await waitForState(page, 'done', 'error')) === 'error') throw new Error(await statusOf(page));
  return Float32Array.from(await page.evaluate(() => [...window.scorebridge.samples!]));
}

export const statusOf = (page: Page): Promise<string> => page.innerText('#status');
