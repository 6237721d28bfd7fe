import { expect, test } from 'vitest';
import { pickEvenly } from './pick-evenly.js';

test('both ends are picked, none twice', () => {
  expect(pickEvenly(3, 10)).toEqual([0, 1, 2]);
  expect(pickEvenly(11, 3)).toEqual([0, 5, 10]);
  expect(pickEvenly(1000, 1)).toEqual([999]);
  for (const [total, count] of [
    [51, 12],
    [1001, 60],
  ] as const) {
    const picked = pickEvenly(total, count);
    expect([picked[0], picked.at(-1), new Set(picked).size]).toEqual([0, total - 1, count]);
  }
});
