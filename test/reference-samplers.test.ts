import { readFile } from 'node:fs/promises';
import {
  atSigmas,
  ddim,
  ddpm,
  deis,
  dpmSolverMultistep,
  dpmSolverPP2MSde,
  dpmSolverPP2SAncestral,
  dpmSolverPP3MSde,
  dpmSolverPPSde,
  dpmSolverSinglestep,
  euler,
  eulerAncestral,
  exponential,
  heun,
  karras,
  leading,
  type Level,
  linspace,
  lms,
  type Process,
  processLevels,
  sample,
  type Sampler,
  type ScoreSource,
  type Spacing,
  trailing,
  uniPc,
} from '@scorebridge/runtime';
import { expect, test } from 'vitest';

// What oracles/samplers.py made, in units of the data: x / scale and sigma / scale.
interface Case {
  /** Where each step begins and where the last one ends. */
  sigmas: number[];
  timesteps?: number[];
  /** After each step, two samples in two dimensions; null of what is not a number. */
  states: (number | null)[][];
}
const { cases } = JSON.parse(await readFile(new URL('fixtures/samplers.json', import.meta.url), 'utf8')) as {
  cases: Record<string, Case>;
};

const process: Process = {
  kind: 'vp',
  schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 2e-2, T: 1000 },
};
const cleanFirst = processLevels(process).reverse();
const ratio = ({ scale, sigma }: Pick<Level, 'scale' | 'sigma'>) => sigma / scale;

/** sigma / scale at a t, between two of the model's own too. */
function ratioAt(t: number): number {
  const [below, above] = [cleanFirst[Math.floor(t) - 1]!, cleanFirst[Math.ceil(t) - 1]!];
  const share = t - Math.floor(t);
  return Math.exp((1 - share) * Math.log(ratio(below)) + share * Math.log(ratio(above)));
}

const parts = [
  { weight: 0.6, mean: [1, 0.5], std: [0.4, 0.3] },
  { weight: 0.4, mean: [-1, -0.5], std: [0.2, 0.5] },
];

/** E[x_0 | y] where y = x_0 + rho z. */
function denoise(y: readonly number[], rho: number): number[] {
  const logs = parts.map(({ weight, mean, std }) =>
    mean.reduce((log, m, d) => {
      const variance = std[d]! ** 2 + rho ** 2;
      return log - (y[d]! - m) ** 2 / (2 * variance) - Math.log(variance) / 2;
    }, Math.log(weight)),
  );
  const shares = logs.map((log) => Math.exp(log - Math.max(...logs)));
  const total = shares.reduce((a, b) => a + b);
  return y.map((value, d) =>
    parts.reduce((sum, { mean, std }, c) => {
      const part = mean[d]! + (std[d]! ** 2 / (std[d]! ** 2 + rho ** 2)) * (value - mean[d]!);
      return sum + (shares[c]! / total) * part;
    }, 0),
  );
}

const source: ScoreSource = {
  card: { shape: [2], process, parametrisation: 'x0', classes: null, valueRange: [-100, 100] },
  predict: () => Promise.reject(new Error('float64 alone')),
  async predictFloat64(x, level) {
    const rho = ratioAt(level as number);
    const y = [...x].map((value) => value * Math.sqrt(1 + rho ** 2));
    return Float64Array.of(...denoise(y.slice(0, 2), rho), ...denoise(y.slice(2), rho));
  },
};

const START = [0.3, -2, 1.5, 0.8];
const noiseOf = (draw: number) => [0, 1, 2, 3].map((i) => 1.4 * Math.sin(12.9 * draw + 78.2 * i + 1));

/** The largest difference from the reference after each step, against 1 or the number itself where that is larger. */
async function differences(
  { sigmas, states }: Case,
  make: (options: object) => Sampler,
  noise = noiseOf,
): Promise<number[]> {
  const final = sigmas.at(-1) === 0 ? 'zero' : 'min';
  const sampler = make({ spacing: atSigmas(sigmas.slice(0, -1)), final, clip: false });
  const scale = (rho: number) => 1 / Math.sqrt(1 + rho ** 2);
  const initial = Float64Array.from(START, (x) => x * sigmas[0]! * scale(sigmas[0]!));
  const found: number[] = [];
  for await (const { x, step } of sample(source, {
    ...{ sampler, count: 2, seed: 0, float64: true, initial, noise },
  })) {
    const off = states[step - 1]!.map((value, i) => {
      const expected = value ?? NaN;
      return Math.abs(x[i]! / scale(sigmas[step]!) - expected) / Math.max(1, Math.abs(expected));
    });
    found.push(Math.max(...off));
  }
  expect(found).toHaveLength(states.length);
  return found;
}

const ours: Record<string, (options: object) => Sampler> = {
  'ddpm fixed_small': (o) => ddpm({ ...o, variance: 'small' }),
  'ddpm fixed_large': (o) => ddpm({ ...o, variance: 'large' }),
  'ddim trailing': (o) => ddim({ ...o, eta: 0.5 }),
  euler,
  'euler karras': euler,
  'euler exponential': euler,
  'euler ancestral': eulerAncestral,
  heun,
  lms,
  '2M karras': dpmSolverMultistep,
  '2M exponential': dpmSolverMultistep,
  'multistep euler at final': (o) => dpmSolverMultistep({ ...o, eulerAtFinal: true }),
  'multistep to min': dpmSolverMultistep,
};
for (const eta of [0, 0.5, 1]) ours[`ddim ${eta}`] = (o) => ddim({ ...o, eta });
for (const order of [1, 2, 3] as const) {
  ours[`deis ${order}`] = (o) => deis({ ...o, order });
  for (const solverType of ['bh1', 'bh2'] as const)
    ours[`uni-pc ${order} ${solverType}`] = (o) => uniPc({ ...o, order, solverType });
  for (const solverType of ['midpoint', 'heun'] as const) {
    for (const steps of [8, 16])
      ours[`multistep ${order} ${solverType} ${steps}`] = (o) =>
        dpmSolverMultistep({ ...o, order, solverType });
    ours[`singlestep ${order} ${solverType}`] = (o) =>
      dpmSolverSinglestep({ ...o, order, solverType, lowerOrderFinal: true });
    if (order < 3)
      ours[`multistep sde ${order} ${solverType}`] = (o) =>
        dpmSolverMultistep({ ...o, order, solverType, sde: true });
  }
}
const churn = { sChurn: 3, sTmin: 0.05, sTmax: 20, sNoise: 1.003 };
for (const list of ['karras', 'exponential', 'polyexponential']) {
  const k = (name: string, make: (options: object) => Sampler) => (ours[`k ${name} ${list}`] = make);
  k('euler', euler);
  k('heun', heun);
  k('euler churn', (o) => euler({ ...o, ...churn }));
  k('heun churn', (o) => heun({ ...o, ...churn }));
  for (const order of [1, 2, 3, 4]) k(`lms ${order}`, (o) => lms({ ...o, order }));
  k('2m', (o) => dpmSolverMultistep({ ...o, lowerOrderFinal: false }));
  for (const eta of [0, 0.5, 1]) {
    const at = { eta, sNoise: 1.01 };
    k(`euler_ancestral ${eta}`, (o) => eulerAncestral({ ...o, ...at }));
    k(`dpmpp_2s_ancestral ${eta}`, (o) => dpmSolverPP2SAncestral({ ...o, ...at }));
    k(`dpmpp_sde ${eta}`, (o) => dpmSolverPPSde({ ...o, ...at }));
    k(`dpmpp_3m_sde ${eta}`, (o) => dpmSolverPP3MSde({ ...o, ...at }));
    for (const solverType of ['midpoint', 'heun'] as const)
      k(`2m_sde ${solverType} ${eta}`, (o) => dpmSolverPP2MSde({ ...o, ...at, solverType }));
  }
}

test.each(Object.entries(ours).filter(([name]) => !name.includes('bh1') && !name.includes('churn')))(
  '%s agrees with the reference after every step',
  async (name, make) => {
    const found = await differences(cases[name]!, make);
    expect(Math.max(...found), found.map((d) => d.toExponential(1)).join(' ')).toBeLessThan(1e-5);
  },
);

test.each(Object.keys(ours).filter((name) => name.includes('churn')))(
  '%s agrees with the reference, which draws noise at steps without churn too',
  async (name) => {
    const { sigmas } = cases[name]!;
    const churned = [...sigmas.keys()].filter((i) => sigmas[i]! >= churn.sTmin && sigmas[i]! <= churn.sTmax);
    expect(churned.length).toBeGreaterThan(2);
    const all = await differences(cases[name]!, ours[name]!, (draw) => noiseOf(churned[draw]!));
    // What k-diffusion tells of the others has the noise of the step that follows in it.
    const found = all.filter((_, i) => !churned.includes(i + 1));
    expect(found.length).toBeGreaterThan(2);
    expect(Math.max(...found), all.map((d) => d.toExponential(1)).join(' ')).toBeLessThan(1e-5);
  },
);

test.each(Object.keys(ours).filter((name) => name.includes('bh1')))(
  '%s agrees with the reference until its last step, to clean data, which is of no number there and x_0 here',
  async (name) => {
    const { sigmas, states } = cases[name]!;
    expect(sigmas.at(-1)).toBe(0);
    expect(states.at(-1)!.every((value) => value === null)).toBe(true);
    const found = await differences(cases[name]!, ours[name]!);
    expect(Math.max(...found.slice(0, -1)), found.join(' ')).toBeLessThan(1e-5);
  },
);

test.each<[string, Spacing]>([
  ['leading 0', leading()],
  ['leading 1', leading({ offset: 1 })],
  ['trailing 0', trailing()],
  ['trailing 1', trailing()],
  ['linspace 0', linspace()],
  ['linspace 1', linspace()],
])("the levels of spacing %s are diffusers' timesteps, which count from 0", (name, spacing) => {
  const { timesteps, sigmas } = cases[`spacing ${name}`]!;
  const levels = spacing(process, 8);
  expect(levels.map(({ level }) => level - 1)).toEqual(timesteps);
  levels.forEach((level, i) => expect(ratio(level) / sigmas[i]!).toBeCloseTo(1, 9));
});

test.each<[string, Spacing]>([
  ['karras', karras()],
  ['exponential', exponential()],
  ['polyexponential', exponential({ rho: 1.5 })],
])("the levels of spacing %s are k-diffusion's sigmas", (name, spacing) => {
  const { sigmas } = cases[`k list ${name}`]!;
  const levels = spacing(process, 8);
  expect(sigmas).toHaveLength(levels.length + 1);
  levels.forEach((level, i) => expect(ratio(level) / sigmas[i]!).toBeCloseTo(1, 9));
});

test('each reference is compared', () => {
  const compared = Object.keys(ours);
  const others = Object.keys(cases).filter((name) => !/^(spacing|k list) /.test(name));
  expect(others.sort()).toEqual(compared.sort());
});
