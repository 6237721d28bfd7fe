import { expect, test } from 'vitest';
import { learningRateSchedule, type LearningRateOptions } from './learning-rate.js';

const run = {
  learningRate: 2,
  warmup: 4,
  steps: 12,
  finalLearningRate: 0,
  milestones: [] as number[],
  factor: 0.1,
};
const rates = (decay: LearningRateOptions['decay'], options: Partial<LearningRateOptions> = {}) => {
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

test('linear and cosine fall to the final rate that is asked for', () => {
  const final = { finalLearningRate: 0.25 };
  expect(rates('linear', final).slice(4)).toEqual([2, 1.8125, 1.625, 1.4375, 1.25, 1.0625, 0.875, 0.6875]);
  const cosine = rates('cosine', final);
  expect(cosine.slice(0, 5)).toEqual([0.5, 1, 1.5, 2, 2]);
  expect(cosine[8]).toBeCloseTo(0.5 + 0.75, 14);
  for (const decay of ['linear', 'cosine'] as const)
    expect(learningRateSchedule({ ...run, ...final, decay })(13)).toBeCloseTo(0.5, 14);
});

test('the inverse square root meets the warm-up at its end, and is halved at four times its length', () => {
  const falling = rates('inverse-sqrt', { warmup: 3 });
  expect(falling.slice(0, 3)).toEqual([2 / 3, 4 / 3, 2]);
  expect(falling[3]).toBeCloseTo(2 * Math.sqrt(3 / 4), 14);
  expect(falling[11]).toBeCloseTo(1, 14);
  expect(rates('inverse-sqrt', { warmup: 0 })[3]).toBeCloseTo(1, 14);
});

test('steps fall by the factor after each milestone', () => {
  const options = { milestones: [10, 6], factor: 0.5 };
  expect(rates('step', options)).toEqual([0.5, 1, 1.5, 2, 2, 2, 1, 1, 1, 1, 0.5, 0.5]);
});
