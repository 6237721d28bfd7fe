import { NotOnnxError } from '@scorebridge/runtime';
import { expect, test } from 'vitest';
import { readFieldHead } from './field-head.js';

/** A number as protobuf writes it, seven bits a byte, the lowest first. */
const varint = (value: bigint): number[] =>
  value > 127n ? [Number(value & 127n) | 128, ...varint(value >> 7n)] : [Number(value)];
const tag = (number: number, type: number) => varint(BigInt(number * 8 + type));

test.each([0, 1, 127, 128, 300, 2 ** 31, 2 ** 32 + 5, 2 ** 40])('a content of %d bytes', (length) => {
  for (const number of [1, 15, 16, 2 ** 29 - 1]) {
    const head = [...tag(number, 2), ...varint(BigInt(length))];
    const expected = { number, bytes: head.length, length, isDelimited: true };
    expect(readFieldHead(Uint8Array.from([...head, 1, 2, 3]))).toEqual(expected);
    for (let cut = 0; cut < head.length; cut++)
      expect(() => readFieldHead(Uint8Array.from(head.slice(0, cut)))).toThrow(NotOnnxError);
  }
});

test('numbers, and what has a fixed length', () => {
  const head = (type: number, ...rest: number[]) =>
    readFieldHead(Uint8Array.from([...tag(7, type), ...rest]));
  const number = { number: 7, isDelimited: false };
  expect(head(0, ...varint(2n ** 63n))).toEqual({ ...number, bytes: 11, length: 0 });
  expect(head(1)).toEqual({ ...number, bytes: 1, length: 8 });
  expect(head(5)).toEqual({ ...number, bytes: 1, length: 4 });
});

test.each([
  ['no field has the number 0', [2, 1]],
  ['groups', [...tag(1, 3)]],
  ['a type that is none', [...tag(1, 7)]],
  ['a number without an end', [...tag(1, 0), ...new Array<number>(12).fill(255)]],
])('refused: %s', (_, bytes) => {
  expect(() => readFieldHead(Uint8Array.from(bytes))).toThrow(NotOnnxError);
});
