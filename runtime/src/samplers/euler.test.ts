import { expect, test } from 'vitest';
import { sample } from '../sampling/sample.js';
import { karras } from '../spacing/karras.js';
import { linspace } from '../spacing/linspace.js';
import { orderOf } from '../testing/convergence.js';
import { mixture } from '../testing/mixture.js';
import { components, startOf, ve, vp } from '../testing/two-parts.js';
import { ddim } from './ddim.js';
import { ddpm } from './ddpm.js';
import { euler } from './euler.js';

test.each([
  ['euler', euler],
  ['ddim', (options: object) => ddim({ clip: false, ...options })],
] as const)('%s converges at order 1', async (_, make) => {
  const { slope, errors } = await orderOf(make);
  expect(Math.abs(slope - 1), JSON.stringify(errors)).toBeLessThan(0.15);
});

test.each([vp, ve])(
  'step by step on $kind, in float64: euler, and ddim without noise, are one',
  async (process) => {
    const source = mixture({ components, process });
    const initial = startOf(process);
    const states = async (sampler: ReturnType<typeof euler>) => {
      const found: Float64Array[] = [];
      const run = sample(source, { sampler, steps: 7, count: 2, seed: 3, float64: true, initial });
      for await (const { x } of run) found.push(x.slice());
      return found;
    };
    const spacing = karras();
    const a = await states(euler({ spacing }));
    const b = await states(ddim({ spacing, clip: false }));
    // By hand, in units of the data: d = (x - x_0) / sigma, x <- x + (sigma' - sigma) d.
    const levels = spacing(process, 7);
    let x = initial.map((value) => value / levels[0]!.scale);
    for (const [i, { level, scale, sigma }] of levels.entries()) {
      const scores = await source.predictFloat64(
        x.map((value) => value * scale),
        level,
      );
      const ratio = sigma / scale;
      const next = levels[i + 1];
      const nextRatio = next ? next.sigma / next.scale : 0;
      x = x.map((value, j) => {
        const x0 = (value * scale + sigma ** 2 * scores[j]!) / scale;
        return value + ((nextRatio - ratio) * (value - x0)) / ratio;
      });
      x.forEach((value, j) => {
        const expected = value * (next?.scale ?? 1);
        expect(a[i]![j]! / expected, `step ${i}`).toBeCloseTo(1, 9);
        expect(b[i]![j]! / expected, `step ${i}`).toBeCloseTo(1, 9);
      });
    }
  },
);

test('ddim with eta 1 has the law of ddpm: the same samples of the same noise', async () => {
  const source = mixture({ components, process: vp, valueRange: [-1.5, 1.5] });
  const run = async (sampler: ReturnType<typeof ddim>) =>
    (await sample(source, { sampler, steps: 20, count: 50, seed: 4, float64: true }).result).samples;
  for (const clip of [true, false]) {
    const [a, b] = [await run(ddim({ eta: 1, clip, spacing: linspace() })), await run(ddpm({ clip }))];
    a.forEach((value, i) => expect(Math.abs(value - b[i]!)).toBeLessThan(1e-12));
  }
  expect(await run(ddim())).not.toEqual(await run(ddim({ eta: 0.5 })));
});

test("noise of the caller's own, draw by draw", async () => {
  const source = mixture({ components, process: vp });
  const asked: [number, readonly number[], number][] = [];
  const noise = (draw: number, shape: readonly number[], first: number) => {
    asked.push([draw, shape, first]);
    return new Float64Array(shape.reduce((a, b) => a * b)).fill(draw + 0.1 * first);
  };
  const options = { steps: 3, count: 3, batch: 2, seed: 0, noise, float64: true } as const;
  const first = sample(source, { sampler: ddpm({ clip: false }), ...options });
  const { samples } = await first.result;
  expect(asked.sort()).toEqual(
    [0, 1, 2].flatMap((draw) => [
      [draw, [1, 2], 2],
      [draw, [2, 2], 0],
    ]),
  );
  expect(samples).toBeInstanceOf(Float64Array);
  // Rows of a batch were given the same noise.
  expect([...samples.subarray(0, 2)]).toEqual([...samples.subarray(2, 4)]);
  expect(samples[0]).not.toBe(samples[4]);
  const short = sample(source, { sampler: ddpm(), ...options, noise: () => [1, 2] });
  await expect(short.result).rejects.toThrow('The noise of draw 0 has 2 numbers; expected 4.');
});

test('float64 is refused for a source that computes in float32', () => {
  const { predictFloat64: _, ...source } = mixture({ components, process: vp });
  expect(() => sample(source, { count: 1, seed: 1, float64: true })).toThrow(
    'float64 needs a source that computes in it, by predictFloat64: leave it out.',
  );
  expect(() => ddim({ eta: -1 })).toThrow('eta is -1; expected a number >= 0.');
});
