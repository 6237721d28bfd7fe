import { expect, test } from 'vitest';
import { adaptiveRungeKutta, type OdeProblem, type OdeState } from './adaptive-runge-kutta.js';
import { dormandPrince5 } from './dormand-prince-5.js';
import { dormandPrince8 } from './dormand-prince-8.js';
import type { RungeKuttaMethod } from './runge-kutta-method.js';

/** By their names in scipy. */
const methods = { RK45: dormandPrince5, DOP853: dormandPrince8 };

type Derivative = (t: number, y: Float64Array) => number[];

function integrate(method: RungeKuttaMethod, f: Derivative, problem: OdeProblem): OdeState {
  const integration = adaptiveRungeKutta(method, problem);
  let next = integration.next();
  while (!next.done) next = integration.next(f(next.value.t, next.value.y));
  return next.value;
}

const problems: Record<string, { f: Derivative; from: number; to: number; y: number[] }> = {
  oscillator: { f: (_, [p, q]) => [q!, -p!], from: 0, to: 20, y: [1, 0.5] },
  lotkaVolterra: { f: (_, [p, q]) => [1.5 * p! - p! * q!, -3 * q! + p! * q!], from: 0, to: 15, y: [10, 5] },
  vanDerPol: { f: (_, [p, q]) => [q!, 20 * (1 - p! ** 2) * q! - p!], from: 0, to: 30, y: [2, 0] },
  backwards: { f: (t, [p]) => [((p! - 0.7) * t) / (1.69 + t * t)], from: 10, to: 0.1, y: [4] },
};

/**
 * nfev, len(t) - 1 and y[:, -1] of scipy 1.17's
 *
 *     solve_ivp(f, (from, to), y, method=method, rtol=rtol, atol=rtol / 100)
 *
 * of the problems above.
 */
const scipy: [
  problem: string,
  method: keyof typeof methods,
  rtol: number,
  evaluations: number,
  steps: number,
  y: number[],
][] = [
  ['oscillator', 'RK45', 1e-3, 134, 22, [0.8602384095980113, -0.713736802445375]],
  ['oscillator', 'RK45', 1e-6, 710, 98, [0.864551891374087, -0.7089033371168667]],
  ['oscillator', 'RK45', 1e-10, 3866, 635, [0.8645546869614296, -0.708904219664602]],
  ['oscillator', 'DOP853', 1e-3, 122, 10, [0.8640643654474112, -0.7072196479513518]],
  ['oscillator', 'DOP853', 1e-6, 254, 21, [0.8645551863128778, -0.7089026820090218]],
  ['oscillator', 'DOP853', 1e-10, 770, 64, [0.864554687265729, -0.7089042196835718]],
  ['lotkaVolterra', 'RK45', 1e-3, 464, 55, [0.6326844378597045, 0.08396653638331439]],
  ['lotkaVolterra', 'RK45', 1e-6, 1376, 202, [0.713737520824951, 0.07540895819317583]],
  ['lotkaVolterra', 'RK45', 1e-10, 7442, 1237, [0.7137513782437407, 0.07540779623095975]],
  ['lotkaVolterra', 'DOP853', 1e-3, 602, 35, [0.7119423146936297, 0.07553525994540551]],
  ['lotkaVolterra', 'DOP853', 1e-6, 1106, 72, [0.7137527246459779, 0.07540763699636785]],
  ['lotkaVolterra', 'DOP853', 1e-10, 3242, 225, [0.713751378145413, 0.07540779623729388]],
  ['vanDerPol', 'RK45', 1e-3, 2474, 362, [-1.44339027268756, 0.06616384158841329]],
  ['vanDerPol', 'RK45', 1e-6, 3398, 548, [-1.4447857465839526, 0.06604656662143542]],
  ['vanDerPol', 'DOP853', 1e-3, 2462, 190, [-1.4447704535447974, 0.06603703637718993]],
  ['vanDerPol', 'DOP853', 1e-6, 3518, 233, [-1.4447859813891986, 0.06604647518342262]],
  ['backwards', 'RK45', 1e-3, 44, 5, [1.1256418262163008]],
  ['backwards', 'RK45', 1e-6, 110, 11, [1.1266768851688236]],
  ['backwards', 'RK45', 1e-10, 308, 50, [1.126677043260284]],
  ['backwards', 'DOP853', 1e-3, 38, 3, [1.124525835956242]],
  ['backwards', 'DOP853', 1e-6, 146, 7, [1.1266769263250307]],
  ['backwards', 'DOP853', 1e-10, 290, 15, [1.126677043218849]],
];

test.each(scipy)(
  'the steps of scipy: %s, %s, rtol %d',
  (name, methodName, rtol, evaluations, steps, expected) => {
    const { f, ...problem } = problems[name]!;
    const method = methods[methodName];
    const found = integrate(method, f, { ...problem, rtol, atol: rtol / 100, maxSteps: 5000 });
    expect([found.evaluations, found.steps]).toEqual([evaluations, steps]);
    // Two to begin with, then each step, taken or not.
    const perStep = method.nodes.length;
    expect(found.evaluations).toBe(2 + perStep * (found.steps + found.rejected));
    expected.forEach((value, i) => expect(Math.abs(found.y[i]! - value)).toBeLessThan(1e-10));
  },
);

test.each([
  [5, dormandPrince5],
  [8, dormandPrince8],
])('steps of one length: order %d', (order, method) => {
  const { f, from, y } = problems.oscillator!;
  const to = 2;
  // With a tolerance of 1 the first step is longer than each of n parts.
  const loose = { rtol: 0, atol: 1, maxSteps: 1 };
  const errors = [8, 16].map((n) => {
    let at: ArrayLike<number> = y;
    for (let i = 0; i < n; i++) {
      const part = { from: from + (i * (to - from)) / n, to: from + ((i + 1) * (to - from)) / n };
      const state = integrate(method, f, { ...part, ...loose, y: at });
      expect(state.steps).toBe(1);
      at = state.y;
    }
    return Math.hypot(
      at[0]! - (Math.cos(to) + 0.5 * Math.sin(to)),
      at[1]! - (0.5 * Math.cos(to) - Math.sin(to)),
    );
  }) as [number, number];
  expect(Math.abs(Math.log2(errors[0] / errors[1]) - order), errors.join(', ')).toBeLessThan(0.3);
});

test.each(Object.entries(methods))('the error falls with the tolerance: %s', (_, method) => {
  const { f, ...problem } = problems.backwards!;
  const exact = 0.7 + 3.3 * Math.sqrt((1.69 + 0.01) / (1.69 + 100));
  for (const rtol of [1e-4, 1e-7, 1e-10]) {
    const { y, t } = integrate(method, f, { ...problem, rtol, atol: rtol, maxSteps: 1000 });
    expect(t).toBe(0.1);
    expect(Math.abs(y[0]! - exact)).toBeLessThan(10 * rtol);
  }
});

test('no way to go takes no step; y is not changed', () => {
  const y = [1, 2];
  const state = integrate(dormandPrince5, () => [1, 1], {
    from: 1,
    to: 1,
    y,
    rtol: 1e-3,
    atol: 1e-3,
    maxSteps: 1,
  });
  expect(state).toEqual({ t: 1, y: Float64Array.of(1, 2), steps: 0, rejected: 0, evaluations: 0 });
  integrate(dormandPrince5, () => [1, 1], { from: 1, to: 2, y, rtol: 1e-3, atol: 1e-3, maxSteps: 10 });
  expect(y).toEqual([1, 2]);
});

test('too many steps, and steps too short, end it', () => {
  const { f, ...problem } = problems.oscillator!;
  expect(() => integrate(dormandPrince5, f, { ...problem, rtol: 1e-9, atol: 1e-9, maxSteps: 7 })).toThrow(
    /^The integration from 0 to 20 is at [\d.]+ after 7 steps, the most allowed: raise maxSteps, or rtol and atol\.$/,
  );
  // y' = y^2 from 1 is at infinity at t = 1.
  const blowUp = { from: 0, to: 2, y: [1], rtol: 1e-6, atol: 1e-6, maxSteps: 1e5 };
  expect(() => integrate(dormandPrince5, (_, [p]) => [p! ** 2], blowUp)).toThrow(
    'steps too short to change t at 1',
  );
});
