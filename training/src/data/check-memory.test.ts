import { expect, test } from 'vitest';
import { checkMemory } from './check-memory.js';

const plan = { what: '1,000 images', size: 1000, valueBytes: 4, advice: 'take fewer' };

test('three quarters of the free memory may be taken', () => {
  checkMemory(plan, 5334);
  expect(() => checkMemory({ ...plan, size: 3e9 }, 8e9)).toThrow(
    /^1,000 images take 12 GB of memory, and there is room for 6 GB: take fewer\.$/,
  );
  expect(() => checkMemory(plan, 5332)).toThrow('take');
});

test('no array of more values than Node can make is promised', () => {
  expect(() => checkMemory({ ...plan, size: 2 ** 60, valueBytes: 1 }, 2 ** 70)).toThrow('take fewer');
});

test('what there really is, is found out', () => {
  checkMemory(plan);
  expect(() => checkMemory({ ...plan, size: 1e15 })).toThrow('4,000,000 GB');
});
