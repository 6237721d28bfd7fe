import { normals } from '@scorebridge/runtime';
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, SafetensorsError, type NamedTensor } from './safetensors.js';

const tensors = new Map<string, NamedTensor>([
  ['a/kernel', { shape: [2, 3], data: normals(new Float32Array(6), { seed: 3 }) }],
  ['an empty one', { shape: [0, 4], data: new Float32Array(0) }],
  ['größe', { shape: [], data: Float32Array.of(-0) }],
]);
const metadata = { step: '12', config: '{"name":"\\"sha256\\""}' };
const file = encodeSafetensors({ tensors, metadata });

test('what is decoded is what was encoded', () => {
  expect(decodeSafetensors(file)).toEqual({ tensors, metadata: expect.objectContaining(metadata) as object });
});

test('a view into a larger buffer is encoded as what it shows', () => {
  const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  const encoded = encodeSafetensors({ tensors: new Map([['x', { shape: [2], data }]]), metadata: {} });
  expect(decodeSafetensors(encoded).tensors.get('x')!.data).toEqual(Float32Array.of(2, 3));
});

test('is laid out as the format says', () => {
  const bytes = Buffer.from(file);
  const length = Number(bytes.readBigUInt64LE());
  expect(length % 8).toBe(0);
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, unknown>;
  expect(header['a/kernel']).toEqual({ dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] });
  expect(header['größe']).toEqual({ dtype: 'F32', shape: [], data_offsets: [24, 28] });
  expect(bytes.length).toBe(8 + length + 28);
  expect(bytes.readFloatLE(8 + length + 4)).toBe(tensors.get('a/kernel')!.data[1]);
});

test('the checksum is that of the file with zeros in its place', () => {
  const { sha256 } = (
    JSON.parse(Buffer.from(file).toString('utf8', 8, 8 + Number(Buffer.from(file).readBigUInt64LE()))) as {
      __metadata__: { sha256: string };
    }
  ).__metadata__;
  const zeroed = Buffer.from(Buffer.from(file).toString('latin1').replace(sha256, '0'.repeat(64)), 'latin1');
  expect(createHash('sha256').update(zeroed).digest('hex')).toBe(sha256);
});

test('every file that is cut short or has an altered byte is refused', () => {
  for (let length = 0; length < file.length; length++)
    expect(() => decodeSafetensors(file.subarray(0, length)), `cut to ${length}`).toThrow(SafetensorsError);
  for (let i = 0; i < file.length; i++)
    for (const bits of [0x01, 0x80]) {
      const altered = Uint8Array.from(file);
      altered[i]! ^= bits;
      expect(() => decodeSafetensors(altered), `byte ${i}`).toThrow(SafetensorsError);
    }
  expect(() => decodeSafetensors(Buffer.concat([file, Buffer.of(0)]))).toThrow(/altered/);
});
