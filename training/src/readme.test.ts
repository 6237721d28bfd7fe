import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';

const home = process.cwd();
const folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
afterAll(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true });
});

async function expectInReadme(path: string): Promise<void> {
  const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  const example = (await read(path)).replace('../index.js', '@scorebridge/training');
  expect(await read('../README.md')).toContain('```ts\n' + example + '```\n');
}

test('the example of an energy runs, and gives the density of the data', { tags: ['long'] }, async () => {
  await expectInReadme('testing/energy-example.ts');
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./testing/energy-example.js');
  const line = log.mock.calls.at(-1)![0] as string;
  log.mockRestore();
  // 0.7 N(0; 0.25 I) and what the other component adds to it.
  const [near, far] = [
    0.7 / (2 * Math.PI * 0.25),
    (0.3 / (2 * Math.PI * 0.49)) * Math.exp(-(4 + 1) / (2 * 0.49)),
  ];
  expect(Math.abs(Number(/= (-?[\d.]+)$/.exec(line)![1]) - Math.log(near + far)), 'seed 1').toBeLessThan(
    0.15,
  );
});

test('the example of the README runs, and its samples lie on the circle', { tags: ['long'] }, async () => {
  await expectInReadme('testing/readme-example.ts');
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

test('the example of second derivatives runs, and gives what its comments say', async () => {
  await expectInReadme('testing/second-derivatives-example.ts');
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./testing/second-derivatives-example.js');
  const results = log.mock.calls.map(([result]) => result as number[] | number[][]);
  log.mockRestore();

  const [x, v] = [
    [0, 1, 2, -1],
    [1, 0, 0.5, 2],
  ];
  const d = x.map((x) => 1 - Math.tanh(x) ** 2);
  const byRow = (f: (i: number) => number) => [f(0) + f(1), f(2) + f(3)];
  const expected = [
    x.map((x) => -Math.tanh(x)),
    v.map((v, i) => -v * d[i]!),
    v.map((v, i) => -v * d[i]!),
    v.map((v, i) => v * d[i]!),
    byRow((i) => -d[i]!),
    byRow((i) => -(v[i]! ** 2) * d[i]!),
    // The mean over two samples of -d_i + tanh^2 x_i / 2, whose derivative is 3 d_i tanh x_i.
    x.map((x, i) => (3 * d[i]! * Math.tanh(x)) / 2),
  ];
  expect(results.length).toBe(expected.length);
  results.forEach((result, k) =>
    result.flat().forEach((value, i) => expect(value, `result ${k}`).toBeCloseTo(expected[k]![i]!, 5)),
  );
});
