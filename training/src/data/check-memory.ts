import { constants } from 'node:buffer';

/** The share of the free memory that data may take; the rest is for training. */
const SHARE = 0.75;

export interface ArrayPlan {
  /** What is to be kept, for the message. */
  readonly what: string;
  /** Number of values. */
  readonly size: number;
  readonly valueBytes: number;
  /** What can be done about it, as the end of a sentence. */
  readonly advice: string;
}

/**
 * Makes sure, before any of it is read, that an array fits into memory.
 *
 * @param available bytes of free memory
 * @throws Error that says how much it would take, how much there is, and what to do
 */
export function checkMemory(
  { what, size, valueBytes, advice }: ArrayPlan,
  available = process.availableMemory(),
): void {
  const most = Math.min(SHARE * available, constants.MAX_LENGTH * valueBytes);
  if (size * valueBytes > most)
    throw new Error(
      `${what} take ${gigabytes(size * valueBytes)} of memory, and there is room for ${gigabytes(most)}: ${advice}.`,
    );
}

const gigabytes = (bytes: number): string =>
  `${(bytes / 1e9).toLocaleString('en', { maximumSignificantDigits: 3 })} GB`;
