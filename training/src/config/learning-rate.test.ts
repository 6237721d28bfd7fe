import { expect, test } from 'vitest';
import { learningRateSchedule } from './learning-rate.js';

const run = { learningRate: 2, warmup: 4, steps: 12 };
const rates = (decay: 'constant' | 'linear' | 'cosine', options = {}) => {
  const rate = learningRateSchedule({ ...run, decay, ...options });
  return Array.from({ length: 12 }, (_, k) => rate(k + 1));
};

test('rises over the warm-up, then falls towards 0, which it reaches one step after the last', () => {
  const rise = [0.5, 1, 1.5, 2];
  expect(rates('constant')).toEqual([...rise, ...Array<number>(8).fill(2)]);
  expect(rates('linear')).toEqual([...rise, 2, 1.75, 1.5, 1.25, 1, 0.75, 0.5, 0.25]);
  const cosine = rates('cosine');
  expect(cosine.slice(0, 5)).toEqual([...rise, 2]);
  expect(cosine[8]).toBeCloseTo(1, 14);
  expect(cosine[11]).toBeCloseTo(1 - Math.cos(Math.PI / 8), 14);
  expect(learningRateSchedule({ ...run, decay: 'linear' })(13)).toBe(0);
});

test('without a warm-up the first step has the whole rate; a run may be shorter than its warm-up', () => {
  expect(rates('linear', { warmup: 0 })[0]).toBe(2);
  expect(rates('cosine', { warmup: 20 })).toEqual(Array.from({ length: 12 }, (_, k) => (k + 1) / 10));
});
