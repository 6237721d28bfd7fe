import { expect, test } from 'vitest';
import { grid } from './grid.js';
import type { ImageBatch } from './image-batch.js';

const batch = (
  shape: ImageBatch['shape'],
  values: number[],
  range: ImageBatch['range'] = [0, 1],
): ImageBatch => ({
  data: Float32Array.from(values),
  shape,
  range,
});

test('places images row by row, clips to the range, and pads between them and around', () => {
  // Three images of 1 x 2 in [-1, 1], two a row.
  const sheet = grid(batch([3, 1, 2, 1], [-1, 1, 0, -9, 9, NaN], [-1, 1]), {
    columns: 2,
    padding: 1,
    background: 7,
  });
  expect([sheet.width, sheet.height, sheet.channels]).toEqual([7, 5, 1]);
  const _ = 7;
  // prettier-ignore
  expect([...sheet.data]).toEqual([
    _, _,   _,   _, _,   _, _,
    _, 0,   255, _, 128, 0, _,
    _, _,   _,   _, _,   _, _,
    _, 255, 0,   _, _,   _, _,
    _, _,   _,   _, _,   _, _,
  ]);
});

test('scales pixels to blocks and keeps colours in order', () => {
  const sheet = grid(batch([1, 2, 1, 3], [1, 0, 0.2, 0, 1, 0.4]), { scale: 2, padding: 0 });
  expect([sheet.width, sheet.height, sheet.channels]).toEqual([2, 4, 3]);
  const [top, bottom] = [
    [255, 0, 51],
    [0, 255, 102],
  ] as const;
  expect([...sheet.data]).toEqual([top, top, top, top, bottom, bottom, bottom, bottom].flat());
});

test('lays out a square when no columns are asked for', () => {
  const sheet = grid(batch([10, 3, 3, 1], new Array<number>(90).fill(0)), { padding: 0 });
  expect([sheet.width, sheet.height]).toEqual([12, 9]);
});

test.each<[string, ImageBatch, Parameters<typeof grid>[1]]>([
  ['need 4 values, found 3', batch([1, 2, 2, 1], [1, 2, 3]), {}],
  ['found [0, 2, 2, 1]', batch([0, 2, 2, 1], []), {}],
  ['found 2', batch([1, 1, 1, 2], [1, 2]), {}],
  ['low < high', batch([1, 1, 1, 1], [1], [1, 1]), {}],
  ['columns', batch([1, 1, 1, 1], [1]), { columns: 0 }],
  ['scale', batch([1, 1, 1, 1], [1]), { scale: 1.5 }],
])('refuses a bad batch or option by name: %s', (message, images, options) => {
  expect(() => grid(images, options)).toThrow(message);
});
