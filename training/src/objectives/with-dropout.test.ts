import { linearBetas } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import { unet } from '../models/unet.js';
import { eps } from './eps.js';
import { dropoutInput, withDropout } from './with-dropout.js';

const x = new Tensor('float32', new Float32Array(3 * 16), [3, 4, 4, 1]);
const options = { shape: [4, 4, 1], base: 8, groups: 4 } as const;

test('draws uniform numbers for every dropout site, each its own', () => {
  const network = unet({ ...options, dropout: 0.1 });
  const inputs = withDropout(eps({ betas: linearBetas() }), network).draw({ x }, { seed: 2, step: 3 });
  const drawn = network.dropoutSites!.map(({ name, shape }) => {
    const { data, dims } = inputs[dropoutInput(name)]!;
    expect(dims).toEqual([3, ...shape]);
    return data as Float32Array;
  });
  expect(drawn.length).toBe(8);
  expect(new Set(drawn.map((u) => u[0])).size).toBe(8);
  const all = drawn.flatMap((u) => Array.from(u));
  expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...all)).toBeLessThan(1);
  const mean = all.reduce((a, b) => a + b) / all.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / all.length));
});

test('adds nothing without dropout', () => {
  const objective = eps({ betas: linearBetas() });
  const random = { seed: 2, step: 3 };
  expect(withDropout(objective, unet(options)).draw({ x }, random)).toEqual(objective.draw({ x }, random));
});
