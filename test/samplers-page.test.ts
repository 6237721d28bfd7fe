import { readdir, readFile } from 'node:fs/promises';
import * as runtime from '@scorebridge/runtime';
import { describe, expect, test } from 'vitest';

const docs = new URL('../docs/', import.meta.url);
const page = await readFile(new URL('samplers.md', docs), 'utf8');
const rows = [...page.matchAll(/^\| \[`(\w+)`\]\((.*?)\) (.*)\|$/gm)].map(([, name, link, rest]) => {
  const [, order, calls, noise, options] = rest!.split('|').map((cell) => cell.trim());
  return { name: name!, link: link!, order: order!, calls: calls!, noise: noise!, options: options! };
});

/** The functions that the reference says to return a sampler. */
async function exportedSamplers(): Promise<string[]> {
  const folder = new URL('api/functions/', docs);
  const texts = await Promise.all(
    (await readdir(folder)).map(
      async (file) => [file, await readFile(new URL(file, folder), 'utf8')] as const,
    ),
  );
  return texts
    .filter(([, text]) => /^\)?.*\): Sampler;$/m.test(text))
    .map(([file]) => file.replace('.md', ''));
}

test('every sampler that the runtime exports has a row, and no row is of anything else', async () => {
  const exported = await exportedSamplers();
  expect(exported).toEqual(expect.arrayContaining(['ddpm', 'annealedLangevin', 'inpaint']));
  expect(rows.map(({ name }) => name).sort()).toEqual(exported.sort());
  expect(rows.filter(({ name }) => !(name in runtime))).toEqual([]);
});

test.each(rows)(
  '$name: the row links to its page, and names options that it has',
  async ({ name, link, options }) => {
    expect(link).toBe(`api/functions/${name}.md`);
    const own = await readFile(new URL(link, docs), 'utf8');
    const [, type] = /\]\(\.\.\/(interfaces\/\w+Options\.md)\)/.exec(own)!;
    const known = await readFile(new URL(`api/${type}`, docs), 'utf8');
    const named = [...options.matchAll(/`(\w+)`/g)].map(([, option]) => option!);
    expect(named.length).toBeGreaterThan(0);
    for (const option of named) expect(known).toContain(`\`${option}`);
  },
);

const N = 7;
/** The network calls of N steps, by how the page writes them, at default options and L levels. */
const callsOf = (L: number): Record<string, number> => ({
  N,
  '2 N - 1': 2 * N - 1,
  'N + 1': N + 1,
  '10 N + 1': 10 * N + 1,
  'L T + 1': L * 100 + 1,
});

/** Two standard normals, whose score is -x at every t. */
function countingSource(): { source: runtime.ScoreSource; calls: () => number } {
  let calls = 0;
  const source: runtime.ScoreSource = {
    card: {
      shape: [2],
      valueRange: [-4, 4],
      process: { kind: 'vp', schedule: { name: 'cosine', s: 0.008, T: 100 } },
      parametrisation: 'score',
      classes: null,
    },
    predict: async (x) => (calls++, x.map((value) => -value)),
    evaluate: async (x) => (
      calls++,
      { prediction: x.map((value) => -value), energy: Float32Array.of((x[0]! ** 2 + x[1]! ** 2) / 2) }
    ),
  };
  return { source, calls: () => calls };
}

const alone = rows.filter(({ name }) => !['sdEdit', 'inpaint'].includes(name));
describe.each(alone)('$name', ({ name, calls: said, noise }) => {
  const make = runtime[name as 'ddim'] as (options?: object) => runtime.Sampler;
  const options = name === 'ddimInversion' ? { x0: Float32Array.of(1, -1) } : {};
  const draw = async (seed: number, more: object = {}) => {
    const { source, calls } = countingSource();
    const steps = said.includes('N') ? N : undefined;
    const initial = Float32Array.of(0.5, -1);
    const sampler = make({ ...options, ...more });
    const { samples } = await runtime.sample(source, { sampler, steps, count: 1, seed, initial }).result;
    const { levels } = sampler.plan(source.card.process, steps);
    return { samples, calls: calls(), levels: levels.length };
  };

  test.runIf(said.startsWith('`'))('makes as many network calls as the page says', async () => {
    const { calls, levels } = await draw(1);
    const expected = callsOf(levels)[/^`(.*?)`/.exec(said)![1]!];
    expect(calls).toBe(expected);
  });

  test('draws noise where the page says so', async () => {
    const stochastic = async (more?: object) =>
      (await draw(1, more)).samples.join() !== (await draw(2, more)).samples.join();
    expect(await stochastic()).toBe(noise.startsWith('yes'));
    const option = /; (?:with|not with) `(\w+)/.exec(noise)?.[1];
    if (option === undefined) return;
    const value = { eta: noise.startsWith('yes') ? 0 : 1, sChurn: 5, sde: true }[option];
    expect(await stochastic({ [option]: value })).toBe(!noise.startsWith('yes'));
  });
});
