import { expect, test } from 'vitest';
import { compare, share } from './compare.js';
import { readExpectedFailures, updated } from './expected-failures.js';
import type { SpecResult } from './spec-result.js';

const results: SpecResult[] = [
  { name: 'add works', status: 'passed' },
  { name: 'add gradient', status: 'failed', message: 'Arrays differ' },
  {
    name: 'fft works',
    status: 'failed',
    message: 'Error: The tfjs kernel FFT, which tf.fft runs, has no rule',
  },
  { name: 'max of NaN', status: 'failed', message: 'Arrays differ' },
  { name: 'sub works', status: 'passed' },
  { name: 'sub in a browser', status: 'pending' },
];
const expected = new Map([
  ['max of NaN', 'NaN'],
  ['sub works', 'once it did not'],
  ['gone', 'an older tfjs'],
]);

test('a change for the worse is what fails unexpectedly, or is on the list and not there', () => {
  expect(compare(results, expected)).toEqual({
    passed: 2,
    expectedFailures: 1,
    unexpectedFailures: [results[1], results[2]],
    unexpectedPasses: ['sub works'],
    missing: ['gone'],
    unexplained: [],
  });
});

test('an updated list keeps its reasons, takes refusals for reasons and asks for the rest', () => {
  const list = updated(results, expected);
  expect([...list]).toEqual([
    ['add gradient', 'Unexplained: Arrays differ'],
    ['fft works', 'No rule for the kernel FFT'],
    ['max of NaN', 'NaN'],
  ]);
  expect(compare(results, list)).toMatchObject({ unexpectedFailures: [], unexplained: ['add gradient'] });
});

test('gradients are counted by themselves, and only what was run', () => {
  expect(share(results, false)).toBe('2 of 4 (50.0%)');
  expect(share(results, true)).toBe('0 of 1 (0.0%)');
  expect(share([], true)).toBe('0 of 0 (0.0%)');
});

test.each(['cpu', 'webgpu'])('every spec on the list of %s has one reason', async (provider) => {
  const list = [...(await readExpectedFailures(provider))];
  expect(list.filter(([, reason]) => reason.startsWith('Unexplained'))).toEqual([]);
});
