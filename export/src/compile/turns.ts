/** Whose turn it is, 0, 1, 2, ..., in memory that threads share. */
export type Turns = Int32Array<SharedArrayBuffer>;

/** Nobody's turn. */
const ENDED = -1;

/** Begins with the turn of 0. */
export const startTurns = (): Turns => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * Does what is to be done when it is the turn of `i`, and then passes the turn on, without keeping the thread waiting; nothing
 * where the turns have ended.
 */
export async function takeTurn(turns: Turns, i: number, act: () => void): Promise<void> {
  for (let now; (now = Atomics.load(turns, 0)) !== i;) {
    if (now === ENDED) return;
    await Atomics.waitAsync(turns, 0, now).value;
  }
  try {
    act();
  } finally {
    // Unless they have ended meanwhile.
    Atomics.compareExchange(turns, 0, i, i + 1);
    Atomics.notify(turns, 0);
  }
}

/** Lets go of all who wait for a turn. */
export function endTurns(turns: Turns): void {
  Atomics.store(turns, 0, ENDED);
  Atomics.notify(turns, 0);
}
