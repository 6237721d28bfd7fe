import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parseIdx, readIdx } from './idx.js';

const twoByThree = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 11, 12, 13, 14, 15);
const changed = (at: number, value: number) => twoByThree.with(at, value);

test('values and shape, gzipped or not, also from the middle of a buffer', async () => {
  const expected = { shape: [2, 3], data: Uint8Array.of(10, 11, 12, 13, 14, 15) };
  expect(parseIdx(Uint8Array.of(7, ...twoByThree).subarray(1), 2, 'x')).toEqual(expected);
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  for (const bytes of [twoByThree, gzipSync(twoByThree)]) {
    await writeFile(join(folder, 'x'), bytes);
    const { shape, data } = await readIdx(join(folder, 'x'), 2);
    expect({ shape, data: Uint8Array.from(data) }).toEqual(expected);
  }
});

test('sizes beyond 2^24 are read in the right order of bytes', () => {
  expect(() => parseIdx(Uint8Array.of(0, 0, 8, 1, 1, 2, 3, 4), 1, 'x')).toThrow(`says ${0x01020304}, which`);
});

test.each<[what: string, bytes: Uint8Array, sentence: string]>([
  [
    'an empty file',
    new Uint8Array(),
    'x is not an IDX file: it should start with two zero bytes, found nothing.',
  ],
  ['text', new TextEncoder().encode('hello'), 'found 68 65'],
  ['floats', changed(2, 0x0d), 'x holds float32; expected uint8'],
  ['an unknown type', changed(2, 0x42), 'unknown type 66; expected uint8'],
  ['another rank', changed(3, 3), 'x has 3 dimensions; expected 2'],
  ['half a header', twoByThree.subarray(0, 11), 'truncated: its header takes 12 bytes, found 11'],
  [
    'one byte too few',
    twoByThree.subarray(0, 17),
    'truncated: its header says 2 x 3, which takes 18 bytes, found 17',
  ],
  [
    'one byte too many',
    Uint8Array.of(...twoByThree, 0),
    'trailing bytes: its header says 2 x 3, which takes 18 bytes, found 19',
  ],
])('refuses %s', (_, bytes, sentence) => {
  expect(() => parseIdx(bytes, 2, 'x')).toThrow(sentence);
});

test('names a file that is missing or does not unpack', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  await expect(readIdx(join(folder, 'none'), 1)).rejects.toThrow(/Cannot read .*none \(ENOENT\)/);
  await writeFile(join(folder, 'cut.gz'), gzipSync(twoByThree).subarray(0, 20));
  await expect(readIdx(join(folder, 'cut.gz'), 1)).rejects.toThrow(/cut\.gz does not unpack as gzip/);
});
