import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { scorebridge } from './support/command.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-lab-'));
});

const NAMES = [
  'energy',
  'matching',
  'hutchinson',
  'low-density',
  'manifold',
  'modes',
  'levels',
  'ncsn',
  'forward',
  'reverse',
  'elbo',
  'mu-or-eps',
];

interface Result<Figures> {
  figures: Figures;
  files: string[];
}

/** Runs an experiment as it stands, looks at what it has written, and returns its numbers. */
async function lab<Figures>(name: string): Promise<Figures> {
  const { code, stdout, stderr } = await scorebridge(folder, ['lab', name, '--json']);
  expect(code, stderr).toBe(0);
  const { figures, files } = JSON.parse(stdout) as Result<Figures>;
  const written = JSON.parse(
    await readFile(join(folder, 'lab', name, `${name}.json`), 'utf8'),
  ) as Result<Figures>;
  expect(written.figures).toEqual(figures);
  expect(files.length).toBeGreaterThanOrEqual(3);
  for (const file of files) {
    expect((await stat(join(folder, file))).size, file).toBeGreaterThan(200);
    if (file.endsWith('.svg')) {
      const svg = await readFile(join(folder, file), 'utf8');
      // What vega draws where a value is missing or an axis has no extent.
      expect(svg, file).not.toMatch(/NaN|undefined|Infinity/);
      expect(svg.match(/<path/g)!.length, file).toBeGreaterThan(10);
    }
  }
  return figures;
}

test('--list names every experiment with what it asks', async () => {
  const { code, stdout } = await scorebridge(folder, ['lab', '--list', '--json']);
  expect(code).toBe(0);
  const listed = JSON.parse(stdout) as { name: string; question: string }[];
  expect(listed.map(({ name }) => name)).toEqual(NAMES);
  for (const { question } of listed) expect(question).toMatch(/^[A-Z].+\?$/);
});

test('a name that is none and a folder that cannot be are refused in one line, before any work', async () => {
  const unknown = await scorebridge(folder, ['lab', 'energies']);
  expect([unknown.code, unknown.stdout]).toEqual([1, '']);
  expect(unknown.stderr).toBe(
    'scorebridge: There is no experiment energies: did you mean energy? scorebridge lab --list names all.\n',
  );
  await writeFile(join(folder, 'taken'), '');
  const taken = await scorebridge(folder, ['lab', 'energy', '--out', 'taken']);
  expect([taken.code, taken.stdout]).toEqual([1, '']);
  expect(taken.stderr).toMatch(/^scorebridge: Cannot write taken[^\n]+\n$/);
  expect(await readdir(folder)).not.toContain('lab');
});

describe('what the experiments find', () => {
  test('energy: quadrature converges to the Z of the closed form', async () => {
    const { planar, cost } =
      await lab<Record<'planar' | 'cost', { error: number; evaluations: number }[]>>('energy');
    expect(Math.abs(planar.at(-1)!.error)).toBeLessThan(1e-3);
    expect(Math.abs(planar[0]!.error)).toBeGreaterThan(1e-2);
    expect(cost.map(({ evaluations }) => evaluations)).toEqual([16, 256, 4096, 65_536]);
    for (const { error } of cost) expect(Math.abs(error)).toBeLessThan(1e-4);
  });

  test('matching: every objective comes near to the true score', async () => {
    const { rows } = await lab<{ rows: { name: string; fisherDivergence: number }[] }>('matching');
    expect(rows.length).toBe(13);
    // The divergence of a network that knows nothing is that of the score itself, about 1.
    for (const { name, fisherDivergence } of rows) expect(fisherDivergence, name).toBeLessThan(0.2);
  });

  test('hutchinson: exact grows with D, a slice does not, and its noise falls as the root of their number', async () => {
    interface Figures {
      inScoreEvaluations: { D: number; exact: number; sliced: number }[];
      variances: { projection: string; slices: number; deviation: number }[];
    }
    const { inScoreEvaluations, variances } = await lab<Figures>('hutchinson');
    const last = inScoreEvaluations.at(-1)!;
    expect(last.exact).toBeGreaterThan(last.D / 5);
    expect(last.sliced).toBeLessThan(10);
    for (const projection of ['rademacher', 'gaussian', 'sphere']) {
      const noise = variances
        .filter((row) => row.projection === projection)
        .map(({ deviation }) => deviation);
      // A standard deviation over 300 draws is known to 4%.
      expect(noise[0]! / noise[3]! / Math.sqrt(8), projection).toBeGreaterThan(0.7);
      expect(noise[0]! / noise[3]! / Math.sqrt(8), projection).toBeLessThan(1.4);
    }
  });

  test('low-density: the error is largest where there are no data', async () => {
    const { bins } = await lab<{ bins: { medianError: number }[] }>('low-density');
    expect(bins[0]!.medianError).toBeGreaterThan(10 * bins.at(-1)!.medianError);
  });

  test('manifold: without noise the loss falls on and on', async () => {
    const figures = await lab<Record<string, { meanOfLastQuarter: number }>>('manifold');
    const [thin, noisy] = ['on the curve', 'with noise of 0.1'].map(
      (name) => figures[name]!.meanOfLastQuarter,
    );
    expect(thin).toBeLessThan(4 * noisy!);
    // That of N(0, 0.01) across the curve is -1/2 / 0.01 for each of two dimensions' mean: -25 at best.
    expect(noisy).toBeGreaterThan(-30);
  });

  test('modes: plain Langevin takes half for 0.8, annealed does not', async () => {
    interface Share {
      mean: number;
    }
    const { plain, annealed } = await lab<{ plain: Share; annealed: Share }>('modes');
    // 4 seeds of 1,280 chains have standard errors of 0.007 and 0.006 about 0.509 and 0.786.
    expect(Math.abs(plain.mean - 0.509)).toBeLessThan(0.028);
    expect(Math.abs(annealed.mean - 0.786)).toBeLessThan(0.024);
  });

  test('levels: noise fills the gap between the modes', async () => {
    const { levels } = await lab<{ levels: { densityBetweenModes: number }[] }>('levels');
    expect(levels[0]!.densityBetweenModes).toBeGreaterThan(100 * levels.at(-1)!.densityBetweenModes);
  });

  test('ncsn: a learned score weighs the modes', async () => {
    const { twoModes } = await lab<{ twoModes: { mean: number } }>('ncsn');
    expect(twoModes.mean).toBeGreaterThan(0.75);
    expect(twoModes.mean).toBeLessThan(0.85);
  });

  test('forward: betas to 1e-2 leave more of the data than betas to 2e-2', async () => {
    interface Chain {
      abarT: number;
      priorBits: number;
    }
    const { chains } = await lab<{ chains: [Chain, Chain] }>('forward');
    expect(chains[0].abarT).toBeCloseTo(6.3e-3, 4);
    expect(chains[1].abarT).toBeCloseTo(4.04e-5, 7);
    expect(chains[0].priorBits).toBeGreaterThan(100 * chains[1].priorBits);
  });

  test('reverse: chains end in the modes with their weights', async () => {
    const { heavyMode } = await lab<{ heavyMode: { found: number; expected: number } }>('reverse');
    // Four standard errors of 4,000 samples, and as much again for what the network has not learned.
    expect(Math.abs(heavyMode.found - heavyMode.expected)).toBeLessThan(0.058);
  });

  test('elbo: the terms fall with t, their sum is a bound that says something, and a learned variance tightens it', async () => {
    type Each = Record<'small' | 'large' | 'learned', number>;
    interface Figures {
      totals: Record<keyof Each, { bitsPerDim: number; prior: number }>;
      perStep: { t: number; bits: Each }[];
    }
    const { totals, perStep } = await lab<Figures>('elbo');
    // Eight bits would be those of equally likely values.
    expect(totals.small.bitsPerDim).toBeLessThan(6);
    expect(totals.learned.bitsPerDim).toBeLessThan(
      Math.min(totals.small.bitsPerDim, totals.large.bitsPerDim),
    );
    expect(totals.small.prior).toBeLessThan(1e-3);
    const bits = perStep.map(({ bits }) => bits.small);
    expect(bits).toEqual([...bits].sort((a, b) => b - a));
  });

  test('mu-or-eps: with each of three seeds the noise is the better thing to predict', async () => {
    const { runs } = await lab<{ runs: { objective: string; seed: number; bitsPerDim: number }[] }>(
      'mu-or-eps',
    );
    expect(runs.map(({ objective, seed }) => `${objective} ${seed}`)).toEqual(
      ['mu', 'eps'].flatMap((objective) => [0, 1, 2].map((seed) => `${objective} ${seed}`)),
    );
    const bits = runs.map(({ bitsPerDim }) => bitsPerDim);
    for (const [k, eps] of bits.slice(3).entries()) {
      expect(eps).toBeGreaterThan(1);
      // Eight bits would be those of equally likely values.
      expect(eps).toBeLessThan(8);
      expect(bits[k]).toBeGreaterThan(eps);
    }
  });
});
