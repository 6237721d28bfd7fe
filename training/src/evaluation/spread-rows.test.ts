import { expect, test } from 'vitest';
import { spreadRows } from './spread-rows.js';

test('picks whole rows from all over, and all of them where they are too few', () => {
  const rows = Uint8Array.of(0, 1, 10, 11, 20, 21, 30, 31, 40, 41);
  expect([...spreadRows(rows, 2, 2)]).toEqual([0, 1, 20, 21]);
  expect([...spreadRows(rows, 2, 4)]).toEqual([0, 1, 10, 11, 20, 21, 30, 31]);
  expect(spreadRows(rows, 2, 5)).toBe(rows);
  expect(spreadRows(rows, 2, 99)).toBe(rows);
});

test('bytes that came from a file are picked without a Buffer being made by its constructor', () => {
  const picked = spreadRows(Buffer.from([1, 2, 3, 4]), 1, 2);
  expect(picked.constructor).toBe(Uint8Array);
  expect([...picked]).toEqual([1, 3]);
});
