import { createHash } from 'node:crypto';

/** A float32 tensor in main memory, row-major. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface HeaderEntry {
  readonly dtype: 'F32';
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

interface Header {
  readonly __metadata__: Readonly<Record<string, string>>;
  readonly [name: string]: unknown;
}

const UNSIGNED = '0'.repeat(64);

/**
 * Encodes float32 tensors in the safetensors format (huggingface/safetensors, README, "Format"): the header's length as
 * a little-endian uint64, the header as JSON, the tensors one after the other. The metadata gets a `sha256`: that of
 * the whole file with 64 zeros in its own place, so that any altered byte shows.
 */
export function encodeSafetensors({ tensors, metadata }: SafetensorsFile): Uint8Array {
  let size = 0;
  const entries = [...tensors].map(([name, { shape, data }]): [string, HeaderEntry] => [
    name,
    { dtype: 'F32', shape, data_offsets: [size, (size += data.byteLength)] },
  ]);
  // The checksum is the first thing in the header, so that nothing else in it can be taken for it.
  const header = { __metadata__: { sha256: UNSIGNED, ...metadata }, ...Object.fromEntries(entries) };
  const json = Buffer.from(JSON.stringify(header));
  // Spaces up to a multiple of 8, so that the tensors are aligned.
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const file = Buffer.alloc(start + size, ' ');
  file.writeBigUInt64LE(BigInt(start - 8));
  json.copy(file, 8);
  let offset = start;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  file.write(sha256(file), file.indexOf(UNSIGNED), 'latin1');
  return file;
}

/**
 * Decodes what `encodeSafetensors` made, once its checksum has been verified.
 *
 * @throws SafetensorsError that says what is wrong with the bytes
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const file = Buffer.from(bytes);
  const start = file.length < 8 ? Infinity : 8 + Number(file.readBigUInt64LE());
  if (start > file.length) throw new SafetensorsError('it is truncated, or no safetensors file');
  const digest = /"sha256":"([0-9a-f]{64})"/.exec(file.toString('latin1', 8, start))?.[1];
  if (digest === undefined) throw new SafetensorsError('it has no checksum');
  file.write(UNSIGNED, file.indexOf(digest), 'latin1');
  if (sha256(file) !== digest)
    throw new SafetensorsError('it is truncated or altered: its checksum is not that of its bytes');

  const { __metadata__: metadata, ...entries } = JSON.parse(file.toString('utf8', 8, start)) as Header;
  const tensors = new Map<string, NamedTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    const { shape, data_offsets } = entry as HeaderEntry;
    const [from, to] = data_offsets.map((offset) => file.byteOffset + start + offset) as [number, number];
    tensors.set(name, { shape, data: new Float32Array(file.buffer.slice(from, to)) });
  }
  return { tensors, metadata };
}

/** What is wrong with a file, as the end of a sentence about it. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
