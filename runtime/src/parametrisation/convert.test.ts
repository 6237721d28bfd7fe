import { expect, test } from 'vitest';
import type { Parametrisation, Process } from '../card/model-card.js';
import { processBetas, processLevels } from '../process/process-levels.js';
import { conversion, convert } from './convert.js';

const KINDS: Parametrisation[] = ['eps', 'x0', 'v', 'mu', 'score', 'denoiser'];
const processes: Process[] = [
  { kind: 'vp', schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 2e-2, T: 1000 } },
  { kind: 'vp', schedule: { name: 'cosine', s: 0.008, T: 50 } },
  { kind: 've', schedule: { name: 'geometric', sigmaMax: 20, sigmaMin: 0.01, L: 12 } },
];

/** Every parametrisation of a known x_0 and eps, written out from the definitions. */
function truth(process: Process, index: number, x0: number, eps: number) {
  const levels = processLevels(process);
  const { level, scale: a, sigma: s } = levels[index]!;
  const x = a * x0 + s * eps;
  let mu: number;
  if (process.kind === 'vp') {
    const beta = processBetas(process)[level]!;
    const previous = levels[index + 1] ? levels[index + 1]!.scale ** 2 : 1;
    mu = (Math.sqrt(previous) * beta * x0 + Math.sqrt(1 - beta) * (1 - previous) * x) / s ** 2;
  } else {
    const ratio = ((levels[index + 1]?.sigma ?? 0) / s) ** 2;
    mu = ratio * x + (1 - ratio) * x0;
  }
  return { x, eps, x0, denoiser: x0, v: a * eps - s * x0, score: -eps / s, mu };
}

for (const process of processes) {
  const levels = processLevels(process);
  const indices = [0, 1, levels.length >> 1, levels.length - 2, levels.length - 1];
  const name = `${process.kind} ${process.schedule.name}`;

  test.each(KINDS)(`${name}: from %s to every other, at five levels`, (from) => {
    for (const index of indices) {
      const known = truth(process, index, 0.8, -1.3);
      for (const to of KINDS) {
        const [onX, onY] = conversion(from, to, levels[index]!);
        // At the cleanest level mu is x_0 itself; elsewhere the error grows by at most what the division by onX0 loses.
        const error = Math.abs(onX * known.x + onY * known[from] - known[to]) / (1 + Math.abs(known[to]));
        expect(error, `${from} to ${to} at level ${levels[index]!.level}`).toBeLessThan(1e-8);
      }
    }
  });

  test(`${name}: there and back`, () => {
    for (const from of KINDS) {
      for (const to of KINDS) {
        const [a, b] = conversion(from, to, levels[3]!);
        const [c, d] = conversion(to, from, levels[3]!);
        expect(d * b).toBeCloseTo(1, 8);
        expect(c + d * a).toBeCloseTo(0, 6);
      }
    }
  });
}

test("Ho et al.'s step 13: mu = (x - beta_t / sqrt(1 - abar_t) eps) / sqrt(alpha_t)", () => {
  const process = processes[0]!;
  const betas = processBetas(process as Extract<Process, { kind: 'vp' }>);
  const level = processLevels(process)[400]!;
  const beta = betas[level.level]!;
  const [onX, onEps] = conversion('eps', 'mu', level);
  expect(onX).toBeCloseTo(1 / Math.sqrt(1 - beta), 9);
  expect(onEps).toBeCloseTo(-beta / level.sigma / Math.sqrt(1 - beta), 9);
});

test('convert may write over the prediction', () => {
  const level = processLevels(processes[2]!)[5]!;
  const x = Float32Array.of(1, -2);
  const score = Float32Array.of(0.25, 0.5);
  const expected = [0, 1].map((i) => x[i]! + level.sigma ** 2 * score[i]!);
  expect(convert(score, x, score, 'score', 'denoiser', level)).toBe(score);
  score.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
});
