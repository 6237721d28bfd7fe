import { expect, test } from 'vitest';
import { sample } from '../sampling/sample.js';
import { exponential } from '../spacing/exponential.js';
import { karras } from '../spacing/karras.js';
import { linspace } from '../spacing/linspace.js';
import { orderOf } from '../testing/convergence.js';
import { integral, interpolate } from '../testing/integral.js';
import { mixture } from '../testing/mixture.js';
import { counting, dataAt, statesOf } from '../testing/states.js';
import { components, startOf, ve, vp } from '../testing/two-parts.js';
import { ddim } from './ddim.js';
import { dpmSolverMultistep, type DpmSolverMultistepOptions } from './dpm-solver-multistep.js';

test.each([
  [1, 'midpoint', 10, 1],
  [2, 'midpoint', 10, 2],
  [2, 'heun', 10, 2],
  // It takes half of the integral of tau^2.
  [3, 'midpoint', 1e4, 2],
] as const)(
  'order %i, %s, from sigma = %f: converges at order %i',
  async (order, solverType, sigmaMax, expected) => {
    const { slope, errors } = await orderOf(
      (options) => dpmSolverMultistep({ order, solverType, ...options }),
      [40, 80, 160, 320],
      { sigmaMax },
    );
    expect(Math.abs(slope - expected), JSON.stringify({ slope, errors })).toBeLessThan(0.15);
  },
);

interface Kept {
  lambda: number;
  x0: Float64Array;
}

/**
 * One step of x / scale, kept[0] being the estimate at x. `p` is the order, the formulas those of the paper and of its
 * authors' code in units of the data; for the exact ones the integral of e^(lambda - lambda') times the polynomial.
 */
function stepByHand(
  x: Float64Array,
  kept: Kept[],
  to: number,
  p: number,
  solverType: 'midpoint' | 'heun',
  sde = false,
) {
  const [s0, s1, s2] = kept as [Kept, Kept, Kept];
  const h = to - s0.lambda;
  const rate = sde ? 2 : 1;
  const decay = Math.exp(-rate * h);
  return x.map((value, j) => {
    const m = kept.map(({ x0 }) => x0[j]!);
    if (to === Infinity) return m[0]!;
    if (p === 2 && solverType === 'midpoint') {
      // Algorithm 2: D = (1 + 1 / 2r) x_0-hat(s0) - 1 / 2r x_0-hat(s1).
      const r = (s0.lambda - s1.lambda) / h;
      return decay * value + (1 - decay) * ((1 + 1 / (2 * r)) * m[0]! - (1 / (2 * r)) * m[1]!);
    }
    if (p === 3) {
      const [r0, r1] = [(s0.lambda - s1.lambda) / h, (s1.lambda - s2.lambda) / h];
      const [D10, D11] = [(m[0]! - m[1]!) / r0, (m[1]! - m[2]!) / r1];
      const [D1, D2] = [D10 + (r0 / (r0 + r1)) * (D10 - D11), (D10 - D11) / (r0 + r1)];
      const phi1 = Math.expm1(-h);
      const phi2 = phi1 / h + 1;
      return decay * value - phi1 * m[0]! + phi2 * D1 - (phi2 / h - 0.5) * D2;
    }
    const nodes = kept.slice(0, p).map(({ lambda }) => lambda);
    const line = (l: number) => rate * Math.exp(rate * (l - to)) * interpolate(nodes, m.slice(0, p), l);
    return decay * value + integral(line, s0.lambda, to);
  });
}

const ORDERS: [string, number, DpmSolverMultistepOptions, number[]][] = [
  ['order 1', 6, { order: 1 }, [1, 1, 1, 1, 1, 1]],
  ['2M', 6, {}, [1, 2, 2, 2, 2, 1]],
  ["k-diffusion's 2M", 6, { lowerOrderFinal: false }, [1, 2, 2, 2, 2, 1]],
  ['2M to the cleanest level', 6, { final: 'min' }, [1, 2, 2, 2, 2, 1]],
  ['2M to the cleanest level, not lower', 6, { final: 'min', lowerOrderFinal: false }, [1, 2, 2, 2, 2, 2]],
  ['2M of 15 steps', 15, { final: 'min' }, [1, ...Array<number>(14).fill(2)]],
  ['2M, Euler at the end', 15, { final: 'min', eulerAtFinal: true }, [1, ...Array<number>(13).fill(2), 1]],
  ['2M, heun', 6, { solverType: 'heun' }, [1, 2, 2, 2, 2, 1]],
  ['3M', 6, { order: 3 }, [1, 2, 3, 3, 2, 1]],
  ['3M, not lower', 6, { order: 3, lowerOrderFinal: false }, [1, 2, 3, 3, 3, 1]],
  ['3M of 15 steps', 15, { order: 3, solverType: 'heun' }, [1, 2, ...Array<number>(12).fill(3), 1]],
  ['SDE, order 1', 6, { sde: true, order: 1 }, [1, 1, 1, 1, 1, 1]],
  ['SDE, 2M', 6, { sde: true }, [1, 2, 2, 2, 2, 1]],
  [
    'SDE, 2M, heun',
    6,
    { sde: true, solverType: 'heun', final: 'min', lowerOrderFinal: false },
    [1, 2, 2, 2, 2, 2],
  ],
];
const CASES = ORDERS.flatMap((each) => [vp, ve].map((process) => [...each, process] as const));

test.each(CASES)('%s, %i steps, step by step', async (_, steps, options, orders, process) => {
  const source = mixture({ components, process });
  const initial = startOf(process);
  // Ends above the model's cleanest level, for a last step of some length.
  const spacing = karras({ sigmaMin: 0.1 });
  const draws: number[] = [];
  const noise = (draw: number) => {
    draws.push(draw);
    return initial.map((_, j) => Math.sin(1 + 7 * draw + 3 * j));
  };
  const states = await statesOf(dpmSolverMultistep({ spacing, ...options }), source, {
    steps,
    initial,
    noise,
  });
  const levels = spacing(process, steps);
  const end = options.final === 'min' ? exponential()(process, 2)[1]! : { scale: 1, sigma: 0 };
  const { sde = false, solverType = 'midpoint' } = options;
  const lambda = ({ scale, sigma }: { scale: number; sigma: number }) => Math.log(scale / sigma);
  let x = initial.map((value) => value / levels[0]!.scale);
  let kept: Kept[] = [];
  for (const [i, level] of levels.entries()) {
    const to = levels[i + 1] ?? end;
    const x0 = await dataAt(
      source,
      x.map((value) => value * level.scale),
      level,
    );
    kept = [{ lambda: lambda(level), x0 }, ...kept];
    x = stepByHand(x, kept, lambda(to), orders[i]!, solverType, sde);
    if (sde && to.sigma > 0) {
      const std = (to.sigma / to.scale) * Math.sqrt(1 - Math.exp(2 * (lambda(level) - lambda(to))));
      x = x.map((value, j) => value + std * Math.sin(1 + 7 * i + 3 * j));
    }
    x.forEach((value, j) =>
      expect(Math.abs(states[i]![j]! / to.scale - value), `step ${i}`).toBeLessThan(1e-9),
    );
  }
  // A draw a step, but for a step to clean data.
  expect(draws).toHaveLength(sde ? steps - (options.final === 'min' ? 0 : 1) : 0);
});

test('order 1 is DDIM, and its SDE DDPM; one network call a step', async () => {
  const { source, calls } = counting(mixture({ components, process: vp }));
  const options = { steps: 9, initial: startOf(vp), noise: (draw: number) => [draw, 1, -draw, 0.3] };
  for (const sde of [false, true]) {
    const before = calls();
    const found = await statesOf(dpmSolverMultistep({ order: 1, sde }), source, options);
    expect(calls() - before).toBe(9);
    const expected = await statesOf(ddim({ clip: false, eta: sde ? 1 : 0 }), source, options);
    found.forEach((x, i) => x.forEach((value, j) => expect(value).toBeCloseTo(expected[i]![j]!, 10)));
  }
});

test(
  'the SDE has the mean, covariance and weights of a mixture, within 4 standard errors (seed 5)',
  { tags: ['long'] },
  async () => {
    const N = 20_000;
    const parts = [
      { weight: 0.7, mean: [3, 2], std: [0.6, 1] },
      { weight: 0.3, mean: [-3, -2], std: [1, 0.6] },
    ];
    const source = mixture({ components: parts, process: vp });
    const sampler = dpmSolverMultistep({ sde: true, spacing: exponential() });
    const { samples } = await sample(source, { sampler, steps: 100, count: N, seed: 5, batch: N }).result;
    const column = (d: number) => Float64Array.from({ length: N }, (_, i) => samples[2 * i + d]!);
    const [xs, ys] = [column(0), column(1)];
    const average = (values: Float64Array) => values.reduce((a, b) => a + b, 0) / values.length;
    const first = xs.map((x, i) => (x + ys[i]! > 0 ? 1 : 0));
    const off: Record<string, number> = { weight: (average(first) - 0.7) / Math.sqrt((0.7 * 0.3) / N) };
    parts.forEach(({ mean, std }, c) => {
      const part = [xs, ys].map((v, d) => v.filter((_, i) => first[i] === 1 - c).map((x) => x - mean[d]!));
      const n = part[0]!.length;
      for (const d of [0, 1]) {
        off[`mean ${c} ${d}`] = average(part[d]!) / (std[d]! / Math.sqrt(n));
        off[`variance ${c} ${d}`] =
          (average(part[d]!.map((x) => x * x)) / std[d]! ** 2 - 1) / Math.sqrt(2 / n);
      }
      const covariance = average(part[0]!.map((x, i) => x * part[1]![i]!));
      off[`covariance ${c}`] = covariance / ((std[0]! * std[1]!) / Math.sqrt(n));
    });
    expect(Math.max(...Object.values(off).map(Math.abs)), JSON.stringify(off)).toBeLessThan(4);
  },
);

test('a step of no length, at the cleanest level already, changes nothing', async () => {
  const source = mixture({ components, process: vp });
  for (const solverType of ['midpoint', 'heun'] as const) {
    const sampler = dpmSolverMultistep({
      ...{ order: 3, solverType, final: 'min', lowerOrderFinal: false },
      spacing: linspace(),
    });
    const states = await statesOf(sampler, source, { steps: 6, initial: startOf(vp) });
    states[5]!.forEach((value, j) => expect(value).toBeCloseTo(states[4]![j]!, 12));
  }
});

test('options out of range are refused', () => {
  // @ts-expect-error an order that there is not
  expect(() => dpmSolverMultistep({ order: 4 })).toThrow(new RangeError('order is 4; expected 1, 2 or 3.'));
  expect(() => dpmSolverMultistep({ order: 3, sde: true })).toThrow(
    new RangeError('order is 3; expected 1 or 2.'),
  );
  // @ts-expect-error a type that there is not
  expect(() => dpmSolverMultistep({ solverType: 'bh2' })).toThrow(
    new RangeError('solverType is bh2; expected midpoint or heun.'),
  );
});
