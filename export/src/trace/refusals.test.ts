import { expect, test } from 'vitest';
import { kernelsWithRule } from './kernels/index.js';
import { kernelNames, reasons } from './refusals.js';

test('no kernel has both a rule and a reason for having none', () => {
  expect(Object.keys(reasons).filter((name) => kernelsWithRule.has(name))).toEqual([]);
  expect(kernelNames()).toEqual(expect.arrayContaining(Object.keys(reasons)));
});
