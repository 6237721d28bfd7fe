import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { npyBytes } from '../testing/npy-bytes.js';
import { encodeNpy, readNpy, readNpyHeader, writeNpy } from './npy.js';

const folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
const path = join(folder, 'x.npy');
afterAll(() => rm(folder, { recursive: true }));

test.each([[[]], [[5]], [[2, 3]], [[2, 28, 28, 1]]])(
  'shape %j is read back bit for bit',
  async (shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: size }, (_, i) =>
      i === 0 ? NaN : Math.fround(1 / i) * (-1) ** i,
    );
    await writeNpy(path, { data, shape });
    expect(await readNpy(path, ['<f4'])).toEqual({ data, shape });
  },
);

test('the bytes are those of format 1.0', () => {
  const bytes = Buffer.from(encodeNpy({ data: Float32Array.of(1.5), shape: [1] }));
  expect(bytes.length % 64).toBe(4);
  expect(bytes.toString('latin1', 0, 10)).toBe('\x93NUMPY\x01\x00\x76\x00');
  expect(bytes.toString('latin1', 10, 128)).toBe(
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".padEnd(117) + '\n',
  );
  expect([...bytes.subarray(128)]).toEqual([0, 0, 0xc0, 0x3f]);
  expect(() => encodeNpy({ data: Float32Array.of(1), shape: [2] })).toThrow('needs 2 values, found 1');
});

test('bytes and integers are read, in either form of header', async () => {
  for (const version of [1, 2, 3]) {
    await writeFile(path, npyBytes('|u1', [3], Uint8Array.of(1, 2, 255), { version }));
    expect(await readNpy(path, ['<f4', '|u1'])).toEqual({ shape: [3], data: Uint8Array.of(1, 2, 255) });
    await writeFile(path, npyBytes('<i8', [2], BigInt64Array.of(-1n, 2n ** 40n), { version }));
    expect(await readNpy(path, ['<i8'])).toEqual({ shape: [2], data: BigInt64Array.of(-1n, 2n ** 40n) });
  }
  const { type, size, valueBytes } = await readNpyHeader(path, ['<i4', '<i8']);
  expect({ type, size, valueBytes }).toEqual({ type: '<i8', size: 2, valueBytes: 8 });
});

test(
  'a file of several pieces is read whole, with progress, until an interrupt',
  { tags: ['long'] },
  async () => {
    const data = Uint8Array.from({ length: 2 ** 24 + 5 }, (_, i) => (i * 7919) % 251);
    await writeFile(path, npyBytes('|u1', [data.length], data));
    const seen: number[] = [];
    const read = await readNpy(path, ['|u1'], { onProgress: (done) => seen.push(done) });
    expect(Buffer.from(read.data).equals(data)).toBe(true);
    expect(seen).toEqual([2 ** 24, data.length]);
    const stop = new AbortController();
    const onProgress = () => stop.abort(new Error('Interrupted.'));
    await expect(readNpy(path, ['|u1'], { signal: stop.signal, onProgress })).rejects.toThrow('Interrupted.');
  },
);

const good = Buffer.from(encodeNpy({ data: Float32Array.of(1, 2), shape: [2] }));
const replaced = (from: string, to: string) =>
  Buffer.from(good.toString('latin1').replace(from, to), 'latin1');

test.each<[what: string, bytes: Uint8Array, sentence: string]>([
  ['another file', Buffer.from('a text file, not an array'), 'x.npy is not a .npy file'],
  ['an empty file', new Uint8Array(), 'x.npy is not a .npy file'],
  [
    'a file cut short',
    good.subarray(0, -1),
    'is truncated: an array of shape [2] takes 136 bytes, found 135',
  ],
  ['a file cut in its header', good.subarray(0, 60), 'damaged header'],
  ['too many bytes', Buffer.concat([good, good]), 'trailing bytes: an array of shape [2] takes 136 bytes'],
  [
    'doubles',
    replaced('<f4', '<f8'),
    "type <f8; expected little-endian float32 (<f4): save it with x.astype('<f4')",
  ],
  ['big-endian values', replaced('<f4', '>f4'), 'type >f4; expected little-endian float32'],
  ['structured values', replaced("'<f4'", '[(3)]'), 'type unknown'],
  ['Fortran order', replaced('False,', 'True, '), 'is in Fortran order'],
  ['no shape', replaced('(2,)', 'None'), 'damaged header'],
])('refuses %s', async (_, bytes, sentence) => {
  await writeFile(path, bytes);
  await expect(readNpyHeader(path, ['<f4'])).rejects.toThrow(sentence);
  await expect(readNpy(path, ['<f4'])).rejects.toThrow(sentence);
});

test('names what is not there', async () => {
  await expect(readNpy(join(folder, 'none.npy'), ['<f4'])).rejects.toThrow(
    /Cannot read .*none\.npy \(ENOENT\)/,
  );
  await expect(readNpy(folder, ['<f4'])).rejects.toThrow('is a folder; expected a .npy file');
});
