import { expect, test } from 'vitest';
import { exponential } from '../spacing/exponential.js';
import { karras } from '../spacing/karras.js';
import { orderOf } from '../testing/convergence.js';
import { integral, interpolate } from '../testing/integral.js';
import { mixture } from '../testing/mixture.js';
import { counting, dataAt, statesOf } from '../testing/states.js';
import { components, startOf, ve, vp } from '../testing/two-parts.js';
import { ddim } from './ddim.js';
import { deis, type DeisOptions } from './deis.js';

// To sigma = 0.1 the error of order 3 on this Gaussian changes its sign with the number of steps; to 1 it does not.
test.each([
  [1, 10, 0.1],
  [2, 10, 0.1],
  [3, 1e4, 1],
] as const)('order %i, from sigma = %f to %f, converges at its order', async (order, sigmaMax, sigmaMin) => {
  const make = (options: DeisOptions) => deis({ order, ...options });
  const { slope, errors } = await orderOf(make, [160, 320], { sigmaMax, sigmaMin });
  expect(Math.abs(slope - order), JSON.stringify({ slope, errors })).toBeLessThan(0.15);
});

const ORDERS: [string, number, DeisOptions, number[]][] = [
  ['order 1', 5, { order: 1 }, [1, 1, 1, 1, 1]],
  ['order 2', 6, {}, [1, 2, 2, 2, 2, 1]],
  ['order 2, to the cleanest', 6, { final: 'min' }, [1, 2, 2, 2, 2, 1]],
  ['order 2, to the cleanest, not lower', 6, { final: 'min', lowerOrderFinal: false }, [1, 2, 2, 2, 2, 2]],
  ['order 3', 7, { order: 3 }, [1, 2, 3, 3, 3, 2, 1]],
  ['order 3, not lower', 7, { order: 3, lowerOrderFinal: false }, [1, 2, 3, 3, 3, 3, 1]],
  ['order 3 of 15 steps', 15, { order: 3, final: 'min' }, [1, 2, ...Array<number>(13).fill(3)]],
];
const CASES = ORDERS.flatMap((each) => [vp, ve].map((process) => [...each, process] as const));

test.each(CASES)('%s, %i steps, step by step', async (_, steps, options, orders, process) => {
  const source = mixture({ components, process });
  const initial = startOf(process);
  const spacing = karras({ sigmaMin: 0.1 });
  const states = await statesOf(deis({ spacing, ...options }), source, { steps, initial });
  const levels = spacing(process, steps);
  const end = options.final === 'min' ? exponential()(process, 2)[1]! : { scale: 1, sigma: 0 };
  // By quadrature over rho itself: x' / scale' = x / scale + integral of eps-hat over rho.
  let x = initial.map((value) => value / levels[0]!.scale);
  let kept: { rho: number; eps: Float64Array }[] = [];
  for (const [i, level] of levels.entries()) {
    const to = levels[i + 1] ?? end;
    const rho = level.sigma / level.scale;
    const x0 = await dataAt(
      source,
      x.map((value) => value * level.scale),
      level,
    );
    kept = [{ rho, eps: x.map((value, j) => (value - x0[j]!) / rho) }, ...kept].slice(0, 3);
    const used = kept.slice(0, orders[i]);
    const nodes = used.map((each) => Math.log(each.rho));
    x = x.map((value, j) => {
      const eps = used.map((each) => each.eps[j]!);
      const at = (r: number) => interpolate(nodes, eps, Math.log(r));
      return value + integral(at, rho, to.sigma / to.scale, 400);
    });
    x.forEach((value, j) =>
      expect(Math.abs(states[i]![j]! / to.scale - value), `step ${i}`).toBeLessThan(1e-9),
    );
  }
});

test('order 1 is DDIM; one network call a step', async () => {
  const { source, calls } = counting(mixture({ components, process: vp }));
  const options = { steps: 8, initial: startOf(vp) };
  const found = await statesOf(deis({ order: 1 }), source, options);
  const expected = await statesOf(ddim({ clip: false }), source, options);
  expect(calls()).toBe(16);
  found.forEach((x, i) => x.forEach((value, j) => expect(value).toBeCloseTo(expected[i]![j]!, 10)));
  await statesOf(deis({ order: 3 }), source, options);
  expect(calls()).toBe(24);
});

test('an order out of range is refused', () => {
  // @ts-expect-error an order that there is not
  expect(() => deis({ order: 4 })).toThrow(new RangeError('order is 4; expected 1, 2 or 3.'));
});
