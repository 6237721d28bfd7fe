import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadModel, normals, sample, type SampleOptions, type ScoreModel } from '@scorebridge/runtime';
import { describe, expect, test } from 'vitest';
import { loadModel as loadInBrowser } from '../runtime/dist/browser.js';
import {
  caseName,
  differingSamples,
  fingerprint,
  type Fingerprint,
  GRID,
  reproducibleCases,
} from './support/reproducible.js';

const table = JSON.parse(
  await readFile(new URL('support/reproducible.json', import.meta.url), 'utf8'),
) as Record<string, Fingerprint>;

test('the table has the cases that there are', () => {
  expect(Object.keys(table)).toEqual(reproducibleCases.map(caseName));
});

describe.each(reproducibleCases.map((entry) => [caseName(entry), entry] as const))('%s', (name, entry) => {
  const path = fileURLToPath(new URL(`../web-demo/public/models/${entry.model}`, import.meta.url));
  const draw = async (loaded: Promise<ScoreModel>, options: Partial<SampleOptions>) => {
    const model = await loaded;
    try {
      return (await sample(model, { ...entry.options, ...options }).result).samples;
    } finally {
      await model.release();
    }
  };

  test.each([
    [1, false],
    [3, false],
    [2, true],
  ])('in batches of %d, in a worker: %j', async (batch, worker) => {
    expect(
      await differingSamples(
        await draw(loadModel(path, { provider: 'cpu', worker }), { batch }),
        table[name]!,
      ),
    ).toEqual([]);
  });

  test("on a browser's wasm, which runs in Node too", async () => {
    const model = loadInBrowser(new Uint8Array(await readFile(path)), { provider: 'wasm' });
    expect(await differingSamples(await draw(model, { batch: 2 }), table[name]!)).toEqual([]);
  });

  test('another seed gives other samples', async () => {
    const { count, seed } = entry.options;
    const others = await draw(loadModel(path, { provider: 'cpu' }), { seed: seed + 1 });
    expect(await differingSamples(others, table[name]!)).toHaveLength(count);
  });
});

describe('a fingerprint', () => {
  const seed = 3;
  const samples = normals(new Float32Array(4 * 500), { seed });

  test('is that of all that is within half a grid, near the middle between two multiples too', async () => {
    const reference = await fingerprint(samples, 4);
    for (const by of [-0.49, -0.001, 0.001, 0.49]) {
      const moved = samples.map((value) => value + by * GRID);
      expect(await differingSamples(moved, reference), `by ${by} of the grid, seed ${seed}`).toEqual([]);
    }
    // Rounding alone loses a few of any two thousand numbers to a change of a thousandth of the grid.
    const nudged = await fingerprint(
      samples.map((value) => value + 0.01 * GRID),
      4,
    );
    expect(nudged.hashes).not.toEqual(reference.hashes);
  });

  test.each([-2.1, -1.51, 1.51, 2.6])(
    'names the one sample of which one number is off by %d grids',
    async (by) => {
      const changed = samples.slice();
      changed[2 * 500 + 17]! += by * GRID;
      expect(await differingSamples(changed, await fingerprint(samples, 4))).toEqual([2]);
    },
  );
});
