import { expect, test } from 'vitest';
import { exponential } from '../spacing/exponential.js';
import { karras } from '../spacing/karras.js';
import { orderOf } from '../testing/convergence.js';
import { integral, interpolate } from '../testing/integral.js';
import { mixture } from '../testing/mixture.js';
import { counting, dataAt, statesOf } from '../testing/states.js';
import { components, startOf, ve, vp } from '../testing/two-parts.js';
import { ddim } from './ddim.js';
import { dpmSolverSinglestep, type DpmSolverSinglestepOptions } from './dpm-solver-singlestep.js';

test.each([
  [1, 'midpoint'],
  [2, 'midpoint'],
  [2, 'heun'],
  [3, 'midpoint'],
  [3, 'heun'],
] as const)('order %i, %s, converges at its order', async (order, solverType) => {
  // Whole blocks, so that the last step is of the solver's order.
  const { slope, errors } = await orderOf(
    (options) => dpmSolverSinglestep({ order, solverType, ...options }),
    [60, 120, 240, 480],
  );
  expect(Math.abs(slope - order), JSON.stringify({ slope, errors })).toBeLessThan(0.15);
});

/** A step of y = x / scale from the start s of a block to lambda = `to`, of order nodes.length, with estimates m in order. */
function stepByHand(
  y: number,
  nodes: number[],
  m: number[],
  to: number,
  solverType: 'midpoint' | 'heun',
): number {
  if (to === Infinity) return m[0]!;
  const h = to - nodes[0]!;
  const [r1, r2] = [(nodes[1]! - nodes[0]!) / h, (nodes[2]! - nodes[0]!) / h];
  if (solverType === 'midpoint' && m.length === 2) {
    // Algorithm 1: D = (1 - 1 / 2r) x_0-hat(s) + 1 / 2r x_0-hat(u).
    const D = (1 - 1 / (2 * r1)) * m[0]! + m[1]! / (2 * r1);
    return Math.exp(-h) * y - Math.expm1(-h) * D;
  }
  if (solverType === 'midpoint' && m.length === 3)
    return Math.exp(-h) * y - Math.expm1(-h) * m[0]! + ((Math.expm1(-h) / h + 1) / r2) * (m[2]! - m[0]!);
  return Math.exp(-h) * y + integral((l) => Math.exp(l - to) * interpolate(nodes, m, l), nodes[0]!, to);
}

/** The orders are diffusers' order list, by hand. */
const ORDERS: [string, number, DpmSolverSinglestepOptions, number[]][] = [
  ['order 1', 4, { order: 1 }, [1, 1, 1, 1]],
  ['2S', 6, {}, [1, 2, 1, 2, 1, 1]],
  ['2S, odd', 5, {}, [1, 2, 1, 2, 1]],
  ['2S, heun', 6, { solverType: 'heun' }, [1, 2, 1, 2, 1, 1]],
  ['2S to the cleanest level', 6, { final: 'min' }, [1, 2, 1, 2, 1, 2]],
  ['2S to the cleanest level, lower', 6, { final: 'min', lowerOrderFinal: true }, [1, 2, 1, 2, 1, 1]],
  ['order 3, 3n', 6, { order: 3 }, [1, 2, 3, 1, 2, 1]],
  ['order 3, 3n + 1', 7, { order: 3 }, [1, 2, 3, 1, 2, 3, 1]],
  ['order 3, 3n + 2', 8, { order: 3 }, [1, 2, 3, 1, 2, 3, 1, 1]],
  ['order 3, 3n, to the cleanest', 6, { order: 3, final: 'min' }, [1, 2, 3, 1, 2, 3]],
  ['order 3, lower', 6, { order: 3, final: 'min', lowerOrderFinal: true }, [1, 2, 3, 1, 2, 1]],
  ['order 3, 3n + 2, lower', 5, { order: 3, final: 'min', lowerOrderFinal: true }, [1, 2, 3, 1, 2]],
  ['order 3, heun', 9, { order: 3, solverType: 'heun' }, [1, 2, 3, 1, 2, 3, 1, 2, 1]],
];
const CASES = ORDERS.flatMap((each) => [vp, ve].map((process) => [...each, process] as const));

test.each(CASES)('%s, %i steps, step by step', async (_, steps, options, orders, process) => {
  const source = mixture({ components, process });
  const initial = startOf(process);
  const spacing = karras({ sigmaMin: 0.1 });
  const states = await statesOf(dpmSolverSinglestep({ spacing, ...options }), source, { steps, initial });
  const levels = spacing(process, steps);
  const end = options.final === 'min' ? exponential()(process, 2)[1]! : { scale: 1, sigma: 0 };
  const lambda = ({ scale, sigma }: { scale: number; sigma: number }) => Math.log(scale / sigma);
  let x = initial.map((value) => value / levels[0]!.scale);
  let start = x;
  let block: { lambda: number; x0: Float64Array }[] = [];
  for (const [i, level] of levels.entries()) {
    const to = levels[i + 1] ?? end;
    if (orders[i] === 1) [start, block] = [x, []];
    const x0 = await dataAt(
      source,
      x.map((value) => value * level.scale),
      level,
    );
    block = [...block, { lambda: lambda(level), x0 }];
    expect(block).toHaveLength(orders[i]!);
    const nodes = block.map((each) => each.lambda);
    x = start.map((value, j) => {
      const m = block.map((each) => each.x0[j]!);
      return stepByHand(value, nodes, m, lambda(to), options.solverType ?? 'midpoint');
    });
    x.forEach((value, j) =>
      expect(Math.abs(states[i]![j]! / to.scale - value), `step ${i}`).toBeLessThan(1e-9),
    );
  }
});

test('order 1 is DDIM; one network call a step', async () => {
  const { source, calls } = counting(mixture({ components, process: vp }));
  const options = { steps: 8, initial: startOf(vp) };
  const found = await statesOf(dpmSolverSinglestep({ order: 1 }), source, options);
  expect(calls()).toBe(8);
  const expected = await statesOf(ddim({ clip: false }), source, options);
  found.forEach((x, i) => x.forEach((value, j) => expect(value).toBeCloseTo(expected[i]![j]!, 10)));
  await statesOf(dpmSolverSinglestep({ order: 3 }), source, options);
  expect(calls()).toBe(24);
});

test('options out of range are refused', () => {
  // @ts-expect-error an order that there is not
  expect(() => dpmSolverSinglestep({ order: 4 })).toThrow(new RangeError('order is 4; expected 1, 2 or 3.'));
  // @ts-expect-error a type that there is not
  expect(() => dpmSolverSinglestep({ solverType: 'taylor' })).toThrow(
    new RangeError('solverType is taylor; expected midpoint or heun.'),
  );
});
