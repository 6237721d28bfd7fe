import { expect, test } from 'vitest';
import { randomNumbers, SEED } from '../testing/parity.js';
import { halfToSingle, toHalf } from './half.js';
import { packWeight } from './pack-weight.js';

const single = (bits: number): number => {
  const out = [0];
  halfToSingle(Uint16Array.of(bits), out);
  return out[0]!;
};

test(
  'half precision: every number is its own, and others round to the nearest, ties to even',
  { tags: ['long'] },
  () => {
    for (let bits = 0; bits < 65536; bits++) {
      const x = single(bits);
      if (Number.isNaN(x)) expect(single(toHalf(x))).toBeNaN();
      else expect(toHalf(x), `bits ${bits}`).toBe(bits);
    }
    // Between two neighbours, normal and subnormal: the middle goes to the even one, what lies beside it to the nearer.
    for (const bits of [0x0000, 0x0001, 0x03ff, 0x0400, 0x3bff, 0x3c00, 0x7bfe]) {
      const middle = (single(bits) + single(bits + 1)) / 2;
      expect(toHalf(middle), `above ${bits}`).toBe(bits % 2 === 0 ? bits : bits + 1);
      expect(toHalf(middle * (1 + 2 ** -20))).toBe(bits + 1);
      expect(toHalf(middle * (1 - 2 ** -20))).toBe(bits);
    }
    expect([1e5, -1e5, Infinity, 2 ** -26].map((x) => single(toHalf(x)))).toEqual([
      65504,
      -65504,
      Infinity,
      0,
    ]);
  },
);

test('8-bit integers: each channel to within half of its step', () => {
  const random = randomNumbers();
  const [channels, size] = [32, 48];
  const data = Float32Array.from(
    { length: channels * size },
    (_, i) => (random() - 0.5) * 10 ** ((i / size) % 4),
  );
  const { op, parts, attrs } = packWeight(data, [channels, size], 'int8')!;
  // A matrix has its channels last; the same numbers as a filter have them first.
  expect([op, attrs]).toEqual(['DequantizeLinear', { axis: 1 }]);
  const filter = packWeight(data, [channels, 3, 4, 4], 'int8')!;
  expect(filter.attrs).toEqual({ axis: 0 });
  for (const [
    {
      parts: [integers, scale],
    },
    channelOf,
  ] of [
    [{ parts }, (i: number) => i % size],
    [filter, (i: number) => Math.floor(i / size)],
  ] as const) {
    const [q, s] = [integers!.data as Int8Array, scale!.data as Float32Array];
    data.forEach((x, i) => {
      const step = s[channelOf(i)]!;
      expect(Math.abs(x - q[i]! * step), `element ${i}, seed ${SEED}`).toBeLessThanOrEqual(step * 0.50001);
    });
    expect(Math.max(...q.map(Math.abs))).toBe(127);
  }
});

test('small weights, and those that would be lost, stay as they are', () => {
  const ones = new Float32Array(5000).fill(1);
  expect(packWeight(ones.subarray(0, 60), [60], 'float16')).toBeUndefined();
  expect(packWeight(ones, [5000], 'int8')).toBeUndefined();
  expect(
    packWeight(
      Float32Array.from(ones, (_, i) => (i === 7 ? -1e9 : 1)),
      [5000],
      'float16',
    ),
  ).toBeUndefined();
  expect(packWeight(ones, [50, 100], 'float32')).toBeUndefined();
  expect(packWeight(ones, [50, 100], 'float16')?.op).toBe('Cast');
});
