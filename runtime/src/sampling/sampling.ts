import type { FloatArray } from './float-array.js';
import { nextTurn } from './next-turn.js';

export interface SampleStep<A extends FloatArray = Float32Array> {
  /** 1 to `steps`. */
  readonly step: number;
  readonly steps: number;
  /** The noise level that the network was told: t for vp, sigma for ve. */
  readonly level: number;
  /** [count, ...shape] after this step: a view that the next step changes, so copy what is to be kept. */
  readonly x: A;
  /** Share of the samples that this step moved, of a sampler that accepts or rejects. */
  readonly acceptance?: number;
}

export interface Samples<A extends FloatArray = Float32Array> {
  /** [count, ...shape], in the value range of the model (not clipped to it). */
  readonly samples: A;
  readonly shape: readonly number[];
  readonly steps: number;
  /** Share of all moves that were accepted, of a sampler that accepts or rejects. */
  readonly acceptance?: number;
}

/**
 * A run of a sampler, which starts when it is iterated or its result is asked for. Iterating it gives the steps one by
 * one, waiting for the consumer between them; `result` alone runs to the end without them.
 */
export interface Sampling<A extends FloatArray = Float32Array> extends AsyncIterable<SampleStep<A>> {
  /** Rejects if the run fails, is aborted, or its iteration is left before the end. */
  readonly result: Promise<Samples<A>>;
}

/**
 * The two faces of one run: the generator's values are the steps, what it returns is the result.
 *
 * @param start is given what says whether anyone looks at the steps.
 */
export function sampling<A extends FloatArray>(
  start: (shown: () => boolean) => AsyncGenerator<SampleStep<A>, Samples<A>>,
): Sampling<A> {
  let shown = false;
  const steps = start(() => shown);
  let resolve: (samples: Samples<A>) => void;
  let reject: (reason: unknown) => void;
  const result = new Promise<Samples<A>>((...settle) => ([resolve, reject] = settle));
  // Whoever iterates and never asks for the result has the failure from the iteration.
  result.catch(() => undefined);

  async function* observed() {
    try {
      resolve(yield* steps);
    } catch (error) {
      reject(error);
      throw error;
    } finally {
      reject(new Error('The sampling was left before its end.'));
    }
  }
  const iterator = observed();
  let driven = false;
  const drain = async () => {
    // A turn later, so that `const { result } = sample(...)` leaves the steps to a loop that follows it.
    await nextTurn();
    if (driven) return;
    driven = true;
    while (!(await iterator.next()).done);
  };
  return {
    [Symbol.asyncIterator]() {
      driven = true;
      shown = true;
      return iterator;
    },
    get result() {
      drain().catch(() => undefined);
      return result;
    },
  };
}
