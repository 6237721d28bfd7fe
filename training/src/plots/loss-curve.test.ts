import { mkdtemp, readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { lossCurve } from './loss-curve.js';
import { renderSvg, writePlot } from './render.js';
import type { LogEntry } from './training-log.js';

const noise = (i: number) => Math.sin(i * 12.9898) * 0.5;
const log: LogEntry[] = Array.from({ length: 670 }, (_, i) => ({
  step: i + 1,
  loss: (0.05 + Math.exp(-i / 40)) * Math.exp(0.4 * noise(i)),
  gradNorm: (0.1 + Math.exp(-i / 30)) * Math.exp(noise(i + 5)),
  lr: 3e-3 * (1 - i / 670),
}));

/** The y coordinates of each line of a plot, from the SVG's paths. */
const lines = (svg: string) =>
  [...svg.matchAll(/aria-roledescription="line mark"[^>]* d="([^"]+)"/g)].map(([, path = '']) =>
    [...path.matchAll(/-?[\d.e-]+,(-?[\d.e-]+)(?=[A-Z]|$)/g)].map(([, y]) => Number(y)),
  );

test('draws the loss, the smoothed loss on top, the norm and the rate', async () => {
  const svg = await renderSvg(lossCurve(log, { title: 'A test run' }));
  expect(svg).toContain('A test run');
  expect(svg).toContain('670 steps');
  const [raw = [], smoothed = [], norm = [], rate = []] = lines(svg);
  expect([raw.length, smoothed.length, norm.length, rate.length]).toEqual([670, 670, 670, 670]);
  const roughness = (ys: number[]) =>
    ys.slice(1).reduce((sum, y, i) => sum + Math.abs(y - (ys[i] ?? NaN)), 0);
  expect(roughness(smoothed)).toBeLessThan(roughness(raw) / 10);
  // y grows downwards in SVG: the loss falls, and so does the rate, in a straight line from top to bottom.
  expect(smoothed.at(-1)).toBeGreaterThan((smoothed[0] ?? NaN) + 150);
  expect(rate[335]).toBeCloseTo(80 * (335 / 670), 1);
});

test('a log without norm and rate has the one panel, and a long log is thinned', async () => {
  const long = Array.from({ length: 10_000 }, (_, i) => ({ step: i, loss: 1 / (i + 1) }));
  const drawn = lines(await renderSvg(lossCurve(long)));
  expect(drawn.length).toBe(2);
  expect(drawn[0]?.length).toBeLessThanOrEqual(1501);
});

test('writes PNG and SVG, and refuses other names and an empty log', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  const plot = lossCurve(log);
  await writePlot(join(folder, 'loss.png'), plot);
  await writePlot(join(folder, 'loss.svg'), plot);
  const { format, width = 0 } = await sharp(join(folder, 'loss.png')).metadata();
  expect(format).toBe('png');
  expect(width).toBeGreaterThan(1280);
  expect(await readFile(join(folder, 'loss.svg'), 'utf8')).toMatch(/^<svg/);
  await expect(writePlot(join(folder, 'loss.jpg'), plot)).rejects.toThrow('.svg or a .png');
  expect(await readdir(folder)).toEqual(['loss.png', 'loss.svg']);
  expect(() => lossCurve([])).toThrow('no step yet');
});
