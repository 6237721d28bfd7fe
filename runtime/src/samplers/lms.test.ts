import { expect, test } from 'vitest';
import { karras } from '../spacing/karras.js';
import { orderOf } from '../testing/convergence.js';
import { type Algorithm, expectStates } from '../testing/in-units-of-data.js';
import { ve, vp } from '../testing/two-parts.js';
import { lms } from './lms.js';

const spacing = karras();

test.each([1, 2, 3, 4])('with order %d it converges at that, from small first steps', async (order) => {
  const curve = order > 2 ? (u: number) => u ** 3 : undefined;
  const { slope, errors } = await orderOf((o) => lms({ ...o, order }), [40, 80, 160, 320], { curve });
  expect(Math.abs(slope - order), JSON.stringify(errors)).toBeLessThan(0.15);
});

/** The slopes' Lagrange polynomial, evaluated where Simpson's rule asks for it, which is exact up to cubics. */
const multistep = (order: number): Algorithm =>
  function* ({ sigmas, denoise }, x) {
    const slopes: { at: number; d: number[] }[] = [];
    for (let i = 0; i + 1 < sigmas.length; i++) {
      const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
      const x0 = denoise(x, sigma);
      slopes.push({ at: sigma, d: x.map((value, j) => (value - x0[j]!) / sigma) });
      const used = slopes.slice(-order);
      const polynomial = (tau: number, j: number) =>
        used.reduce(
          (sum, { at, d }) =>
            used.reduce(
              (p, other) => (other.at === at ? p : (p * (tau - other.at)) / (at - other.at)),
              d[j]!,
            ) + sum,
          0,
        );
      x = x.map((value, j) => {
        const [a, b, c] = [sigma, (sigma + next) / 2, next].map((tau) => polynomial(tau, j));
        return value + ((next - sigma) / 6) * (a! + 4 * b! + c!);
      });
      yield x;
    }
  };

test.each([vp, ve])('the interpolating polynomial, step by step on $kind, in float64', async (process) => {
  for (const order of [1, 2, 3, 4]) {
    await expectStates(lms({ spacing, order }), process, multistep(order));
    await expectStates(lms({ spacing, order, final: 'min' }), process, multistep(order), { final: 'min' });
  }
  await expectStates(lms(), process, multistep(4), { steps: 12 });
});

test.each([0, 5, 1.5, NaN])('order %d is refused', (order) => {
  expect(() => lms({ order })).toThrow(new RangeError(`order is ${order}; expected 1, 2, 3 or 4.`));
});
