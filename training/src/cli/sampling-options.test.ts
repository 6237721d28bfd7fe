import type { Process } from '@scorebridge/runtime';
import { expect, test } from 'vitest';
import { chooseSampler, type SamplingOptions } from './sampling-options.js';

const vp = (T: number): Process => ({ kind: 'vp', schedule: { name: 'cosine', s: 0.008, T } });
const ve: Process = { kind: 've', schedule: { name: 'geometric', sigmaMax: 1, sigmaMin: 0.1, L: 4 } };
const basics = { count: 1, seed: 0, guidance: 0, provider: 'cpu' } as const;

/** The name of the sampler that a process and options lead to, and the steps that it will take. */
function chosen(process: Process, options: Partial<SamplingOptions> = {}): [string, number] {
  const { sampler, steps } = chooseSampler({ process }, { ...basics, ...options });
  return [sampler.name, sampler.plan(process, steps).steps];
}

test('the default fits the process, and --steps means what each sampler counts', () => {
  expect(chosen(vp(1000))).toEqual(['ddpm', 50]);
  expect(chosen(vp(20))).toEqual(['ddpm', 20]);
  expect(chosen(vp(1000), { steps: 7 })).toEqual(['ddpm', 7]);
  // Four levels, and one step to denoise.
  expect(chosen(ve)).toEqual(['annealed-langevin', 401]);
  expect(chosen(ve, { steps: 5 })).toEqual(['annealed-langevin', 21]);
  expect(chosen(ve, { sampler: 'langevin' })).toEqual(['langevin', 1000]);
  expect(chosen(ve, { sampler: 'langevin', steps: 30, eps: 1e-3 })).toEqual(['langevin', 30]);
  expect(chosen(ve, { sampler: 'ddpm' })).toEqual(['ddpm', 4]);
  expect(chosen(ve, { sampler: 'mala' })).toEqual(['mala', 1000]);
  expect(chosen(ve, { sampler: 'mala', steps: 30, eps: 1e-3 })).toEqual(['mala', 30]);
  expect(chosen(vp(1000), { sampler: 'hamiltonian' })).toEqual(['hamiltonian', 100]);
  expect(chosen(ve, { sampler: 'hamiltonian', steps: 5, eps: 0.1, leapfrog: 3 })).toEqual(['hamiltonian', 5]);
  expect(chosen(ve, { eps: 'auto' })).toEqual(['annealed-langevin', 401]);
});

test('a step size is refused by ddpm, which has none, and by Langevin samplers if it is not positive', () => {
  expect(() => chosen(vp(1000), { eps: 1e-3 })).toThrow('leave it out with ddpm');
  expect(() => chosen(ve, { eps: 0 })).toThrow('eps');
  for (const sampler of ['langevin', 'mala', 'hamiltonian'] as const) {
    expect(() => chosen(ve, { sampler, eps: 'auto' })).toThrow(
      '--eps auto is for annealed-langevin: say a number.',
    );
  }
});

test('the variance of a step is for ddpm alone', () => {
  expect(chosen(vp(1000), { variance: 'large' })).toEqual(['ddpm', 50]);
  for (const sampler of ['annealed-langevin', 'langevin', 'mala', 'hamiltonian'] as const) {
    expect(() => chosen(ve, { sampler, variance: 'small' })).toThrow(
      `--variance is for the sampler ddpm: leave it out with ${sampler}.`,
    );
  }
});

test('samplers that go from level to level take a spacing, and ddim its eta', () => {
  const levels = (options: Partial<SamplingOptions>, process = vp(1000)) => {
    const { sampler, steps } = chooseSampler({ process }, { ...basics, ...options });
    return sampler.plan(process, steps).levels.map(({ level }) => level);
  };
  expect(levels({ sampler: 'ddim', spacing: 'trailing', steps: 4 })).toEqual([1000, 750, 500, 250]);
  expect(levels({ sampler: 'ddim', spacing: 'leading', steps: 4, eta: 0.5 })).toEqual([751, 501, 251, 1]);
  expect(levels({ sampler: 'euler', spacing: 'karras', steps: 3 })).not.toEqual(
    levels({ sampler: 'euler', steps: 3 }),
  );
  expect(chosen(vp(1000), { sampler: 'euler' })).toEqual(['euler', 50]);
  expect(chosen(ve, { sampler: 'euler', steps: 30 })).toEqual(['euler', 30]);
  expect(() => chosen(vp(1000), { sampler: 'ddim', eta: -1 })).toThrow('eta is -1');
  expect(() => chosen(vp(1000), { eta: 1 })).toThrow(
    /^--eta is for the samplers ddim, .*: leave it out with ddpm\.$/,
  );
  expect(() => chosen(ve, { spacing: 'karras' })).toThrow(
    /^--spacing is for the samplers ddpm, ddim.* and .*: leave it out with annealed-langevin\.$/,
  );
});

test('leapfrog steps are refused by all but hamiltonian', () => {
  for (const sampler of ['ddpm', 'annealed-langevin', 'langevin', 'mala'] as const) {
    expect(() => chosen(ve, { sampler, leapfrog: 5 })).toThrow(
      `--leapfrog is for the sampler hamiltonian: leave it out with ${sampler}.`,
    );
  }
});
