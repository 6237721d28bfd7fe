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

interface Header {
  __metadata__?: Record<string, string>;
  [name: string]: unknown;
}

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const UNSIGNED = '0'.repeat(64);

/**
 * Encodes float32 tensors in the safetensors format (huggingface/safetensors, README, "Format"): the header's length as
 * a little-endian uint64, the header as JSON, the tensors one after the other. The metadata gets a `sha256`: that of
 * the whole file with 64 zeros in its own place, so that any altered byte shows.
 */
export function encodeSafetensors({ tensors, metadata }: SafetensorsFile): Uint8Array {
  // First in the header, so that nothing that a user writes can be taken for it.
  const header: Header = { __metadata__: { sha256: UNSIGNED, ...metadata } };
  let size = 0;
  for (const [name, { shape, data }] of tensors)
    header[name] = { dtype: 'F32', shape, data_offsets: [size, (size += data.byteLength)] };
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
 * Decodes a safetensors file of float32 tensors; a `sha256` in its metadata is verified, and one must be there.
 *
 * @throws SafetensorsError that says what is wrong with the bytes
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 8) throw new SafetensorsError(`it has ${file.length} bytes, less than a header`);
  const start = 8 + Number(file.readBigUInt64LE());
  if (start > file.length)
    throw new SafetensorsError('it is truncated, or no safetensors file: its header does not end within it');
  const header = parseHeader(file.toString('utf8', 8, start));
  const { sha256: digest, ...metadata } = header.__metadata__ ?? {};
  const end = Object.entries(header).reduce(
    (end, [name, entry]) => (name === '__metadata__' ? end : Math.max(end, checkEntry(name, entry))),
    0,
  );
  if (file.length < start + end)
    throw new SafetensorsError(`it is truncated: ${start + end - file.length} bytes are missing`);
  if (digest === undefined) throw new SafetensorsError('it has no checksum');
  const unsigned = Buffer.from(file);
  unsigned.write(UNSIGNED, Math.max(0, unsigned.indexOf(digest)), 'latin1');
  if (sha256(unsigned) !== digest)
    throw new SafetensorsError('it was altered: its checksum is not that of its bytes');

  const tensors = new Map<string, NamedTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { shape, data_offsets } = entry as HeaderEntry;
    const [from, to] = data_offsets.map((offset) => bytes.byteOffset + start + offset) as [number, number];
    tensors.set(name, { shape, data: new Float32Array(bytes.buffer.slice(from, to)) });
  }
  return { tensors, metadata };
}

/** What is wrong with a file, as the end of a sentence about it. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}

function parseHeader(text: string): Header {
  try {
    const header = JSON.parse(text) as unknown;
    if (typeof header === 'object' && header !== null) return header as Header;
  } catch {
    // Falls through to the one sentence for both.
  }
  throw new SafetensorsError('it is no safetensors file: its header is not JSON');
}

/** Checks a tensor's entry and returns where its data ends. */
function checkEntry(name: string, entry: unknown): number {
  const { dtype, shape, data_offsets } = (entry ?? {}) as Partial<HeaderEntry>;
  if (dtype !== 'F32')
    throw new SafetensorsError(`its tensor ${name} is ${String(dtype)}, where F32 was expected`);
  const natural = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const size = shape?.every(natural) ? shape.reduce((product, n) => product * n, 4) : NaN;
  const [from, to] = data_offsets ?? [];
  if (!natural(from) || to! - from! !== size)
    throw new SafetensorsError(`its tensor ${name} has a shape that its data does not fill`);
  return to!;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
