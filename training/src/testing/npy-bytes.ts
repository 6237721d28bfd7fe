/** A `.npy` file as NumPy writes it, of any type. */
export function npyBytes(
  type: string,
  shape: readonly number[],
  data: Uint8Array | Int32Array | Float32Array | BigInt64Array,
  { version = 1 } = {},
): Uint8Array {
  const literal = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.map((n) => `${n},`).join(' ')}), }`;
  const text = Buffer.from(literal.padEnd(117) + '\n', 'latin1');
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUInt8(text.length);
  const start = Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.of(version, 0), length, text]);
  return Buffer.concat([start, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}
