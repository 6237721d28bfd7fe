import { normals } from '../noise/normal.js';
import { type NoiseKey, STREAM } from '../noise/key.js';
import { uniforms } from '../noise/uniform.js';
import { convert } from '../parametrisation/convert.js';
import type { ScoreSource } from '../model/score-model.js';
import type { Chain } from '../samplers/sampler.js';
import type { Predict } from './guided-predict.js';
import { nextTurn } from './next-turn.js';

export interface ChainOptions {
  source: ScoreSource;
  /** [batch, ...shape]; changed in place. */
  x: Float32Array;
  batch: number;
  predict: Predict;
  seed: number;
  /** Index of the batch's first sample under the seed. */
  first: number;
  signal?: AbortSignal;
}

/** The chain of one batch. Draw d of sample i is step d of sample i in the noise's sampler stream. */
export function makeChain({ source, x, batch, predict, seed, first, signal }: ChainOptions): Chain {
  const { card } = source;
  const noise = new Float32Array(x.length);
  const size = x.length / batch;
  const rows = Array.from({ length: batch }, (_, i) => noise.subarray(i * size, (i + 1) * size));
  let draws = 0;
  const draw = (fill: (out: Float32Array, key: NoiseKey) => void) => {
    rows.forEach((row, i) => fill(row, { seed, sample: first + i, step: draws, stream: STREAM.sampler }));
    draws++;
    return noise;
  };
  return {
    card,
    x,
    async estimate(kind, level) {
      signal?.throwIfAborted();
      const prediction = await predict(x, level.level);
      // A source that answers at once would otherwise hold the event loop for the whole chain.
      await nextTurn();
      signal?.throwIfAborted();
      if (prediction.length !== x.length) {
        throw new Error(`The model returned ${prediction.length} numbers for ${x.length}; expected as many.`);
      }
      if (!isFinite(prediction)) {
        throw new Error(
          `The model's prediction at level ${level.level} is not finite; try another provider or a smaller step size.`,
        );
      }
      return convert(prediction, x, prediction, card.parametrisation, kind, level);
    },
    normals: () => draw(normals),
    uniforms: () => draw(uniforms),
  };
}

/** One pass without branches: a sum of zeros is NaN as soon as one term is. */
function isFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}
