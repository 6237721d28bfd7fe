import { expect, test } from 'vitest';
import { meanAndDeviation } from './mean-and-deviation.js';

test('the deviation is that of a sample, not of a population', () => {
  expect(meanAndDeviation([1, 2, 3, 6])).toEqual({ mean: 3, deviation: Math.sqrt(14 / 3) });
  expect(meanAndDeviation([5])).toEqual({ mean: 5, deviation: NaN });
});
