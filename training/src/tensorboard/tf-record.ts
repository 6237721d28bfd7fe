import { crc32c } from './crc32c.js';

const LENGTH_BYTES = 8;
const CHECKSUM_BYTES = 4;
/** What TensorFlow adds to a rotated checksum, so that the checksum of bytes that hold a checksum stays a good one. */
const MASK_DELTA = 0xa282ead8;

/**
 * One record of a TFRecord file: its length as uint64, the masked CRC-32C of those eight bytes, the data, and the masked
 * CRC-32C of the data; all little-endian (tensorflow/core/lib/io/record_writer.h). Records follow each other with
 * nothing in between, so that a file that is cut short is whole up to its last record.
 */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(LENGTH_BYTES + CHECKSUM_BYTES + data.length + CHECKSUM_BYTES);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(LENGTH_BYTES, masked(crc32c(record.subarray(0, LENGTH_BYTES))), true);
  record.set(data, LENGTH_BYTES + CHECKSUM_BYTES);
  view.setUint32(record.length - CHECKSUM_BYTES, masked(crc32c(data)), true);
  return record;
}

const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
