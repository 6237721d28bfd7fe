import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import { microBatches } from './micro-batches.js';

const inputs = {
  x: new Tensor('float32', Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), [4, 2]),
  label: new Tensor('int32', Int32Array.of(1, 2, 3, 4), [4]),
};

test('a batch is parted along its first axis, in order', () => {
  const parts = microBatches(inputs, 2).map(({ x, label }) =>
    [x!, label!].map(({ data, dims }) => [data, dims]),
  );
  expect(parts).toEqual([
    [[Float32Array.of(1, 2, 3, 4), [2, 2]], [Int32Array.of(1, 2), [2]]],
    [[Float32Array.of(5, 6, 7, 8), [2, 2]], [Int32Array.of(3, 4), [2]]],
  ]); // prettier-ignore
});

test('one that cannot be parted is refused', () => {
  expect(() => microBatches(inputs, 3)).toThrow(/The batch of 4 cannot be accumulated in 3 parts \(x\)/);
  const scalar = { s: new Tensor('float32', Float32Array.of(1), []) };
  expect(() => microBatches(scalar, 2)).toThrow(RangeError);
});
