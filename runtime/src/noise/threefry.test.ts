import { expect, test } from 'vitest';
import { threefry4x32 } from './threefry.js';

// The known-answer vectors of the Random123 distribution (kat_vectors, threefry4x32 20): counter, key, output.
test.each([
  [
    '00000000 00000000 00000000 00000000',
    '00000000 00000000 00000000 00000000',
    '9c6ca96a e17eae66 fc10ecd4 5256a7d8',
  ],
  [
    'ffffffff ffffffff ffffffff ffffffff',
    'ffffffff ffffffff ffffffff ffffffff',
    '2a881696 57012287 f6c7446e a16a6732',
  ],
  [
    '243f6a88 85a308d3 13198a2e 03707344',
    'a4093822 299f31d0 082efa98 ec4e6c89',
    '59cd1dbb b8879579 86b5d00c ac8b6d84',
  ],
])('counter %s, key %s', (counter, key, expected) => {
  type Words = [number, number, number, number];
  const words = (hex: string) => hex.split(' ').map((word) => parseInt(word, 16)) as Words;
  const out = new Uint32Array(4);
  threefry4x32(out, ...words(counter), ...words(key));
  expect(Array.from(out, (w) => w.toString(16).padStart(8, '0')).join(' ')).toBe(expected);
});

test('a longer output holds the words of the counters that follow', () => {
  const many = new Uint32Array(12);
  threefry4x32(many, 2 ** 32 - 2, 1, 2, 3, 4, 5, 6, 7);
  for (const [i, c0] of [2 ** 32 - 2, 2 ** 32 - 1, 0].entries()) {
    const one = new Uint32Array(4);
    threefry4x32(one, c0, 1, 2, 3, 4, 5, 6, 7);
    expect(many.subarray(4 * i, 4 * i + 4)).toEqual(one);
  }
});
