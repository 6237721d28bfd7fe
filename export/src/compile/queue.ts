/** The numbers from 0 to `length` - 1, each of which one thread takes, in memory that threads share. */
export interface Queue {
  readonly length: number;
  readonly next: Int32Array<SharedArrayBuffer>;
}

export const startQueue = (length: number): Queue => ({
  length,
  next: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
});

/** The least that nobody has taken; undefined where none is left. */
export function takeNext({ length, next }: Queue): number | undefined {
  const taken = Atomics.add(next, 0, 1);
  return taken < length ? taken : undefined;
}

/** Leaves none. */
export function closeQueue({ length, next }: Queue): void {
  Atomics.store(next, 0, length);
}
