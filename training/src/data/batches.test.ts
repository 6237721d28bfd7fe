import { expect, test } from 'vitest';
import { batches } from './batches.js';

const COUNT = 10;
/** Image i has the pixels 10 i, 10 i + 1, 10 i + 2, 10 i + 3 and the label i. */
const data = {
  images: Uint8Array.from({ length: 4 * COUNT }, (_, i) => 10 * Math.floor(i / 4) + (i % 4)),
  labels: Uint8Array.from({ length: COUNT }, (_, i) => i),
  count: COUNT,
  shape: [2, 2, 1],
} as const;
const options = { batch: 4, seed: 3, valueRange: [-1, 1] } as const;
const labelsOf = (at: ReturnType<typeof batches>, steps: number) =>
  Array.from({ length: steps }, (_, k) => [...(at(k + 1).label!.data as Int32Array)]).flat();

test('an epoch holds every image once, in an order of its own, across the borders of batches', () => {
  const order = labelsOf(batches(data, options), 10);
  const epochs = [0, 1, 2, 3].map((e) => order.slice(e * COUNT, (e + 1) * COUNT));
  const all = [...data.labels];
  for (const epoch of epochs) expect(epoch.toSorted((a, b) => a - b)).toEqual(all);
  expect(new Set([all.join(), ...epochs.map((epoch) => epoch.join())]).size).toBe(5);
});

test('images keep their labels; pixels are scaled to the value range', () => {
  for (const [low, high] of [
    [-1, 1],
    [0, 1],
  ] as const) {
    const { x, label } = batches(data, { ...options, valueRange: [low, high] })(3);
    expect([x.type, x.dims, label!.type, label!.dims]).toEqual(['float32', [4, 2, 2, 1], 'int32', [4]]);
    const expected = [...(label!.data as Int32Array)].flatMap((i) =>
      [0, 1, 2, 3].map((j) => Math.fround(low + ((high - low) * (10 * i + j)) / 255)),
    );
    expect([...(x.data as Float32Array)]).toEqual(expected);
  }
  const black = batches({ ...data, images: new Uint8Array(40) }, options)(1);
  const white = batches({ ...data, images: new Uint8Array(40).fill(255) }, options)(1);
  expect([black.x.data[0], white.x.data[0]]).toEqual([-1, 1]);
});

test('a batch depends on the seed and the step alone', () => {
  const straight = batches(data, options);
  const steps = [1, 2, 3, 4, 5, 6, 7].map(straight);
  const resumed = batches(data, options);
  for (const k of [7, 3, 5]) expect(resumed(k)).toEqual(steps[k - 1]);
  expect(labelsOf(batches(data, { ...options, seed: 4 }), 5)).not.toEqual(labelsOf(straight, 5));
});

test('float32 values come as they are; without labels there are none', () => {
  const values = Float32Array.from(data.images, (pixel) => pixel / 7 - 3);
  const bytes = batches(data, options)(2);
  const { x, ...rest } = batches({ images: values, count: COUNT, shape: data.shape }, options)(2);
  expect(rest).toEqual({});
  const rows = [...(bytes.label!.data as Int32Array)];
  expect([...(x.data as Float32Array)]).toEqual(
    rows.flatMap((row) => [...values.subarray(4 * row, 4 * row + 4)]),
  );
});

test('augmentation is part of the batch, and as repeatable', () => {
  const plain = batches(data, options)(3);
  const flipped = batches(data, { ...options, flip: true });
  const { x, label } = flipped(3);
  expect(label).toEqual(plain.label);
  expect(x.data).not.toEqual(plain.x.data);
  flipped(1);
  expect(flipped(3).x).toEqual(x);
  expect(batches(data, { ...options, shift: 1 })(3).x.data).not.toEqual(plain.x.data);
});

test('a batch may be larger than the data', () => {
  const labels = labelsOf(batches(data, { ...options, batch: 25 }), 2);
  for (const label of data.labels) expect(labels.filter((l) => l === label).length).toBe(5);
});

test.each([0, -1, 1.5])('refuses a batch of %d', (batch) => {
  expect(() => batches(data, { ...options, batch })).toThrow('expected a positive integer');
});
