import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeNpy, encodeNpy, readNpy, writeNpy } from './npy.js';

test.each([[[]], [[5]], [[2, 3]], [[2, 28, 28, 1]]])(
  'shape %j is read back bit for bit',
  async (shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: size }, (_, i) =>
      i === 0 ? NaN : Math.fround(1 / i) * (-1) ** i,
    );
    const path = join(await mkdtemp(join(tmpdir(), 'scorebridge-')), 'x.npy');
    await writeNpy(path, { data, shape });
    expect(await readNpy(path)).toEqual({ data, shape });
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
});

test('refuses other files, other types, and files cut short', () => {
  const good = Buffer.from(encodeNpy({ data: Float32Array.of(1, 2), shape: [2] }));
  expect(() => decodeNpy(Buffer.from('a text file, not an array'))).toThrow('not a .npy file');
  expect(() => decodeNpy(good.subarray(0, -1))).toThrow('has 136 bytes, found 135');
  const doubles = Buffer.from(good.toString('latin1').replace('<f4', '<f8'), 'latin1');
  expect(() => decodeNpy(doubles)).toThrow('<f8');
  expect(() => encodeNpy({ data: Float32Array.of(1), shape: [2] })).toThrow('needs 2 values, found 1');
});
