import { expect, test } from 'vitest';
import { grid } from './grid.js';

test('holds the midpoints of the cells, the last dimension running fastest', () => {
  const { points, cellVolume, dimensions } = grid({ low: [0, -1], high: [2, 1], n: 2 });
  expect([...points]).toEqual([0.5, -0.5, 0.5, 0.5, 1.5, -0.5, 1.5, 0.5]);
  expect([cellVolume, dimensions]).toEqual([1, 2]);
});

test('an empty box and a grid that is too large are refused', () => {
  expect(() => grid({ low: [0], high: [0], n: 3 })).toThrow(/from \(0\) to \(0\) is empty/);
  expect(() => grid({ low: [0], high: [1], n: 0.5 })).toThrow(/n is 0.5; expected a positive integer/);
  const D = 10;
  expect(() => grid({ low: Array<number>(D).fill(0), high: Array<number>(D).fill(1), n: 10 })).toThrow(
    'A grid of 10 cells in each of 10 dimensions has 10000000000 points, more than 2097152',
  );
});
