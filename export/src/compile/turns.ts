/** Whose turn it is, 0, 1, 2, ..., in memory that threads share. */
export type Turns = Int32Array<SharedArrayBuffer>;

/** Begins with the turn of 0. */
export const startTurns = (): Turns => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Does what is to be done when it is the turn of `i`, and then passes the turn on, without keeping the thread waiting. */
export async function takeTurn(turns: Turns, i: number, act: () => void): Promise<void> {
  for (let now; (now = Atomics.load(turns, 0)) !== i;) await Atomics.waitAsync(turns, 0, now).value;
  try {
    act();
  } finally {
    Atomics.store(turns, 0, i + 1);
    Atomics.notify(turns, 0);
  }
}
