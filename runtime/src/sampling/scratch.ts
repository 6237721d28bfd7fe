import type { FloatArray } from './float-array.js';

/**
 * Arrays that the batches of a run write over in turn, so that they take the memory of one batch however many there are.
 * What stands in them holds until another batch's turn.
 */
export interface Scratch {
  /** [batch, ...shape]: a draw, and a draw before it is brought to the type of the state. */
  readonly drawn: FloatArray;
  readonly float32: Float32Array;
  /** [batch, ...shape]: a prediction. */
  readonly prediction: Float32Array;
  /** Those of a guided call: [2 batch, ...shape] and [2 batch]. */
  readonly both: { readonly x: FloatArray; readonly levels: FloatArray; readonly prediction: Float32Array };
}

/** @param guided whether there are guided calls */
export function makeScratch(
  batch: number,
  size: number,
  { guided, float64 }: { guided: boolean; float64: boolean },
): Scratch {
  const State = float64 ? Float64Array : Float32Array;
  const ofBoth = guided ? 2 * batch : 0;
  // A source that computes in float64 answers with arrays of its own.
  const answered = float64 ? 0 : size;
  return {
    drawn: new State(batch * size),
    float32: new Float32Array(batch * size),
    prediction: new Float32Array(batch * answered),
    both: {
      x: new State(ofBoth * size),
      levels: new State(ofBoth),
      prediction: new Float32Array(ofBoth * answered),
    },
  };
}
