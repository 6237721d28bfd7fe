import { uniforms } from '@scorebridge/runtime';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { npyBytes } from '../../testing/npy-bytes.js';
import { loadNpy } from './load-npy.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  return () => rm(folder, { recursive: true });
});
const write = (name: string, ...array: Parameters<typeof npyBytes>) =>
  writeFile(join(folder, name), npyBytes(...array));
const options = { labelled: false, valueRange: [-1, 1] } as const;

const bytes = Uint8Array.from({ length: 3 * 4 * 2 }, (_, i) => 10 * i);
const floats = uniforms(new Float32Array(3 * 4 * 2 * 2), { seed: 1 }).map((u) => 2 * u - 1);

test('bytes and float32 stay what they are; a missing channel is one', async () => {
  await write('x.npy', '|u1', [3, 4, 2], bytes);
  const grey = await loadNpy(join(folder, 'x.npy'), options);
  expect(grey).toEqual({ images: bytes, count: 3, shape: [4, 2, 1] });
  floats[5] = 1;
  floats[6] = -1;
  await write('x.npy', '<f4', [3, 4, 2, 2], floats);
  expect(await loadNpy(folder, options)).toEqual({ images: floats, count: 3, shape: [4, 2, 2] });
});

test.each([
  ['|u1', Uint8Array.of(2, 0, 1)],
  ['<i4', Int32Array.of(2, 0, 1)],
  ['<i8', BigInt64Array.of(2n, 0n, 1n)],
] as const)('labels of type %s', async (type, labels) => {
  await write('x.npy', '|u1', [3, 4, 2], bytes);
  await write('labels.npy', type, [3], labels);
  const data = await loadNpy(folder, { ...options, labelled: true });
  expect([...data.labels!]).toEqual([2, 0, 1]);
  expect((await loadNpy(folder, options)).labels).toBeUndefined();
});

test.each<[what: string, shape: number[], sentence: string]>([
  ['vectors', [24], 'has the shape [24]; a U-Net learns images: expected [N, H, W] or [N, H, W, C].'],
  ['a table', [6, 4], 'has the shape [6, 4]; a U-Net learns images'],
  ['videos', [1, 2, 3, 4, 1], 'a U-Net learns images'],
  ['no image', [0, 4, 2], 'expected at least one image'],
  ['no pixel', [3, 0, 2], 'expected at least one image of at least one pixel'],
])('refuses %s', async (_, shape, sentence) => {
  await write(
    'x.npy',
    '|u1',
    shape,
    bytes.subarray(
      0,
      shape.reduce((a, b) => a * b, 1),
    ),
  );
  await expect(loadNpy(folder, options)).rejects.toThrow(sentence);
});

test('refuses channels first, with the cure', async () => {
  await write('x.npy', '|u1', [2, 3, 8, 8], new Uint8Array(384));
  await expect(loadNpy(folder, options)).rejects.toThrow('x.transpose(0, 2, 3, 1)');
});

test.each([NaN, Infinity, -1.001, 1.0000001])('refuses the value %d', async (value) => {
  const wrong = floats.slice();
  wrong[16 * 2 + 3] = value;
  await write('x.npy', '<f4', [3, 4, 2, 2], wrong);
  await expect(loadNpy(folder, options)).rejects.toThrow(
    new RegExp(
      `x\\.npy holds ${Math.fround(value)} in image 2; expected values from -1 to 1, the run's value range\\.$`,
    ),
  );
});

test('the ends of the value range are those of float32', async () => {
  await write('x.npy', '<f4', [1, 1, 2], Float32Array.of(0.1, 0.7));
  expect((await loadNpy(folder, { ...options, valueRange: [0.1, 0.7] })).count).toBe(1);
});

test.each<[what: string, shape: number[], labels: Int32Array, sentence: string]>([
  ['too few', [2], Int32Array.of(0, 1), 'has the shape [2]; expected [3], a label for each image'],
  ['one-hot', [3, 1], Int32Array.of(0, 1, 1), 'has the shape [3, 1]; expected [3]'],
  ['negative', [3], Int32Array.of(0, -1, 1), 'holds the label -1 at 1; expected classes numbered from 0'],
  ['as large as identifiers', [3], Int32Array.of(0, 1, 1000), 'holds the label 1000 at 2'],
])('refuses labels that are %s', async (_, shape, labels, sentence) => {
  await write('x.npy', '|u1', [3, 4, 2], bytes);
  await write('labels.npy', '<i4', shape, labels);
  await expect(loadNpy(folder, { ...options, labelled: true })).rejects.toThrow(sentence);
});

test('says where labels are expected', async () => {
  await write('x.npy', '|u1', [3, 4, 2], bytes);
  const labelled = { ...options, labelled: true };
  await expect(loadNpy(join(folder, 'x.npy'), labelled)).rejects.toThrow(
    'name a folder of x.npy and labels.npy',
  );
  await expect(loadNpy(folder, labelled)).rejects.toThrow(/Cannot read .*labels\.npy \(ENOENT\)/);
  await expect(loadNpy(join(folder, 'none'), options)).rejects.toThrow(
    /Cannot read .*none \(ENOENT\): name a \.npy/,
  );
});

test('refuses more than memory holds', async () => {
  await write('x.npy', '|u1', [3, 4, 2], bytes);
  await expect(loadNpy(folder, { ...options, memory: 31 })).rejects.toThrow(/x\.npy take .* GB of memory/);
});
