import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';

const home = process.cwd();
const folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
afterEach(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true });
});

test('the example of the README runs, and its samples lie on the circle', async () => {
  const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  const example = (await read('testing/readme-example.ts')).replace('../index.js', '@scorebridge/training');
  expect(await read('../README.md')).toContain('```ts\n' + example + '```\n');

  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  process.chdir(folder);
  await import('./testing/readme-example.js');
  const samples = log.mock.calls.at(-1)![0] as Float32Array;
  log.mockRestore();

  const radii = Array.from({ length: 256 }, (_, i) => Math.hypot(samples[2 * i]!, samples[2 * i + 1]!));
  const mean = radii.reduce((sum, r) => sum + r, 0) / radii.length;
  expect(mean, 'seed 7').toBeGreaterThan(0.95);
  expect(mean, 'seed 7').toBeLessThan(1.05);
  // All the way round: the mean of the points is near the middle.
  for (const axis of [0, 1]) {
    const centre = radii.reduce((sum, _, i) => sum + samples[2 * i + axis]!, 0) / radii.length;
    expect(Math.abs(centre), 'seed 7').toBeLessThan(0.2);
  }
});
