import { expect, test } from 'vitest';
import { exponential } from '../spacing/exponential.js';
import { karras } from '../spacing/karras.js';
import { orderOf } from '../testing/convergence.js';
import { integral, interpolate } from '../testing/integral.js';
import { mixture } from '../testing/mixture.js';
import { counting, dataAt, statesOf } from '../testing/states.js';
import { components, startOf, ve, vp } from '../testing/two-parts.js';
import { ddim } from './ddim.js';
import { dpmSolverMultistep } from './dpm-solver-multistep.js';
import { uniPc, type UniPcOptions } from './uni-pc.js';

const all = Array.from({ length: 3000 }, (_, i) => i);

// The predictor alone is of its order, the corrector adds one; the last step has none. UniP-3's error on this Gaussian falls
// faster than its order for long.
test.each([
  ['UniP-1', 1, { order: 1, disableCorrector: all }, 10, [80, 160]],
  ['UniP-2, bh1', 2, { solverType: 'bh1', disableCorrector: all }, 10, [80, 160]],
  ['UniP-2, bh2', 2, { disableCorrector: all }, 10, [80, 160]],
  ['UniP-3', 3, { order: 3, disableCorrector: all }, 1e4, [1280, 2560]],
  ['UniPC-1, bh1', 2, { order: 1, solverType: 'bh1' }, 10, [80, 160]],
  ['UniPC-1, bh2', 2, { order: 1 }, 10, [80, 160]],
  ['UniPC-2, bh1', 3, { solverType: 'bh1' }, 10, [80, 160]],
  ['UniPC-2, bh2', 3, {}, 10, [80, 160]],
  ['UniPC-3', 4, { order: 3 }, 1e4, [320, 640]],
] as [string, number, UniPcOptions, number, number[]][])(
  '%s converges at order %i',
  async (_, expected, options, sigmaMax, steps) => {
    const make = (at: UniPcOptions) => uniPc({ ...options, ...at, lowerOrderFinal: false });
    const { slope, errors } = await orderOf(make, steps, { sigmaMax });
    expect(Math.abs(slope - expected), JSON.stringify({ slope, errors })).toBeLessThan(0.15);
  },
);

const ORDERS: [string, number, UniPcOptions, number[]][] = [
  ['order 1', 5, { order: 1 }, [1, 1, 1, 1, 1]],
  ['order 2', 6, {}, [1, 2, 2, 2, 2, 1]],
  ['order 2, bh1', 6, { solverType: 'bh1' }, [1, 2, 2, 2, 2, 1]],
  ['order 2, not lower', 6, { lowerOrderFinal: false }, [1, 2, 2, 2, 2, 1]],
  ['order 2, to the cleanest', 6, { final: 'min' }, [1, 2, 2, 2, 2, 1]],
  ['order 2, to the cleanest, not lower', 6, { final: 'min', lowerOrderFinal: false }, [1, 2, 2, 2, 2, 2]],
  ['order 3', 7, { order: 3 }, [1, 2, 3, 3, 3, 2, 1]],
  [
    'order 3, bh1, not lower',
    7,
    { order: 3, solverType: 'bh1', lowerOrderFinal: false },
    [1, 2, 3, 3, 3, 3, 1],
  ],
  ['order 3 of 16 steps', 16, { order: 3, final: 'min' }, [1, 2, ...Array<number>(12).fill(3), 2, 1]],
  ['order 2, some uncorrected', 6, { disableCorrector: [0, 1, 3] }, [1, 2, 2, 2, 2, 1]],
];
const CASES = ORDERS.flatMap((each) => [vp, ve].map((process) => [...each, process] as const));

test.each(CASES)('%s, %i steps, step by step', async (_, steps, options, orders, process) => {
  const source = mixture({ components, process });
  const initial = startOf(process);
  const spacing = karras({ sigmaMin: 0.1 });
  const states = await statesOf(uniPc({ spacing, ...options }), source, { steps, initial });
  const levels = spacing(process, steps);
  const end = options.final === 'min' ? exponential()(process, 2)[1]! : { scale: 1, sigma: 0 };
  const { solverType = 'bh2', disableCorrector = [] } = options;
  const lambda = ({ scale, sigma }: { scale: number; sigma: number }) => Math.log(scale / sigma);
  interface Estimate {
    lambda: number;
    x0: Float64Array;
  }
  /** x / scale at lambda = `to`; estimates[0] is that at the step's start. */
  const step = (y: Float64Array, estimates: Estimate[], to: number, simplified: boolean) =>
    y.map((value, j) => {
      const m = estimates.map(({ x0 }) => x0[j]!);
      if (to === Infinity) return m[0]!;
      const [first, second] = estimates.map((each) => each.lambda) as [number, number];
      const h = to - first;
      const linear = Math.exp(-h) * value - Math.expm1(-h) * m[0]!;
      if (simplified) {
        // B(h) a_1 D_1 / r_1 with a_1 = 1/2 and r_1 = (lambda_1 - lambda_0) / h.
        const B = solverType === 'bh1' ? -h : Math.expm1(-h);
        return linear - (B * 0.5 * (m[1]! - m[0]!)) / ((second - first) / h);
      }
      const nodes = estimates.map((each) => each.lambda);
      return Math.exp(-h) * value + integral((l) => Math.exp(l - to) * interpolate(nodes, m, l), first, to);
    });
  let x = initial.map((value) => value / levels[0]!.scale);
  let before = x;
  let kept: Estimate[] = [];
  for (const [i, level] of levels.entries()) {
    const to = levels[i + 1] ?? end;
    const here = {
      lambda: lambda(level),
      x0: await dataAt(
        source,
        x.map((v) => v * level.scale),
        level,
      ),
    };
    if (i > 0 && !disableCorrector.includes(i - 1)) {
      const p = orders[i - 1]!;
      x = step(before, [...kept.slice(0, p), here], here.lambda, p === 1);
    }
    kept = [here, ...kept];
    before = x;
    x = step(x, kept.slice(0, orders[i]), lambda(to), orders[i] === 2);
    x.forEach((value, j) =>
      expect(Math.abs(states[i]![j]! / to.scale - value), `step ${i}`).toBeLessThan(1e-9),
    );
  }
});

test("without corrector, order 1 is DDIM and order 2 is DPM-Solver++'s 2M; one network call a step", async () => {
  const { source, calls } = counting(mixture({ components, process: vp }));
  const options = { steps: 8, initial: startOf(vp) };
  for (const [a, b] of [
    [uniPc({ order: 1, disableCorrector: all }), ddim({ clip: false })],
    [uniPc({ disableCorrector: all }), dpmSolverMultistep()],
  ] as const) {
    const [found, expected] = [await statesOf(a, source, options), await statesOf(b, source, options)];
    found.forEach((x, i) => x.forEach((value, j) => expect(value).toBeCloseTo(expected[i]![j]!, 10)));
  }
  const before = calls();
  const corrected = await statesOf(uniPc(), source, options);
  expect(calls() - before).toBe(8);
  expect(corrected[7]).not.toEqual((await statesOf(dpmSolverMultistep(), source, options))[7]);
});

test('options out of range are refused', () => {
  // @ts-expect-error an order that there is not
  expect(() => uniPc({ order: 0 })).toThrow(new RangeError('order is 0; expected 1, 2 or 3.'));
  // @ts-expect-error a type that there is not
  expect(() => uniPc({ solverType: 'heun' })).toThrow(
    new RangeError('solverType is heun; expected bh1 or bh2.'),
  );
  expect(() => uniPc({ disableCorrector: [0, -1] })).toThrow(
    new RangeError('disableCorrector has -1; expected numbers of steps, from 0.'),
  );
});
