import { expect, test } from 'vitest';
import { crc32c } from './crc32c.js';

const text = new TextEncoder();
const count = (from: number, by: number) => Uint8Array.from({ length: 32 }, (_, i) => from + by * i);

// RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms.
test.each<[string, Uint8Array, number]>([
  ['123456789', text.encode('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(), 0],
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['32 bytes that rise', count(0, 1), 0x46dd794e],
  ['32 bytes that fall', count(31, -1), 0x113fdb5c],
])('of %s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});
