import { expect, test } from 'vitest';
import { editDistance } from './edit-distance.js';

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
  ['steps', 'stpes', 2],
  ['base', 'bse', 1],
  ['flaw', 'lawn', 2],
])('%j and %j are %i apart', (a, b, distance) => {
  expect([editDistance(a, b), editDistance(b, a)]).toEqual([distance, distance]);
});
