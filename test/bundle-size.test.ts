import { expect, test } from 'vitest';
import { bundleSize, PARTS } from './support/bundle-size.js';

test.each(PARTS)('$name weighs no more than $limit bytes', async ({ code, limit }) => {
  const { gzipped } = await bundleSize(code);
  expect(gzipped).toBeGreaterThan(5000); // what holds a sampler cannot be smaller
  expect(gzipped).toBeLessThanOrEqual(limit);
});

test('a page that imports one function of the runtime pays for that function', async () => {
  const { minified } = await bundleSize(`export { geometricSigmas } from '@scorebridge/runtime';`);
  expect(minified).toBeGreaterThan(100);
  expect(minified).toBeLessThan(2000);
});
