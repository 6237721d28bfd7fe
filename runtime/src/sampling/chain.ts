import { normals } from '../noise/normal.js';
import { type NoiseKey, STREAM } from '../noise/key.js';
import { uniforms } from '../noise/uniform.js';
import type { Parametrisation } from '../card/model-card.js';
import { convert } from '../parametrisation/convert.js';
import type { ScoreSource } from '../model/score-model.js';
import type { Level } from '../process/level.js';
import type { Posterior } from '../process/posterior.js';
import { clipX0 } from '../samplers/clip.js';
import { logSigmas } from '../samplers/log-sigmas.js';
import type { Chain } from '../samplers/sampler.js';
import type { FloatArray } from './float-array.js';
import type { Guided } from './guided.js';
import type { NoiseSource } from './noise-source.js';
import { nextTurn } from './next-turn.js';
import { NotFiniteError, type Progression } from './not-finite-error.js';
import type { Scratch } from './scratch.js';

export interface ChainOptions extends Guided {
  source: ScoreSource;
  /** [batch, ...shape]; changed in place. */
  x: FloatArray;
  /** In place of the draws of standard normals under the seed. */
  noise?: NoiseSource | undefined;
  batch: number;
  seed: number;
  /** Index of the batch's first sample under the seed. */
  first: number;
  /** Index of the batch's first sample among those asked for, and their number. */
  from: number;
  count: number;
  signal?: AbortSignal | undefined;
  /** What draws are written to. */
  scratch: Scratch;
  /** The step that the run is in. */
  progression: () => Progression;
}

/** A chain that knows how many draws it has made. */
export interface HostChain extends Chain {
  readonly draws: number;
}

/** The chain of one batch. Draw d of sample i is step d of sample i in the noise's sampler stream. */
export function makeChain(options: ChainOptions): HostChain {
  const { source, x, batch, predict, evaluate, predictVariance, noise, seed, first, from, count, signal } =
    options;
  const { card } = source;
  // A float64 of a float32 draw: the same noise.
  const drawn = options.scratch.drawn.subarray(0, x.length);
  const { float32 } = options.scratch;
  let draws = 0;
  const draw = (fill: (out: Float32Array, key: NoiseKey) => void, size = x.length / batch) => {
    const values = float32.subarray(0, batch * size);
    for (let i = 0; i < batch; i++) {
      const key = { seed, sample: first + i, step: draws, stream: STREAM.sampler };
      fill(values.subarray(i * size, (i + 1) * size), key);
    }
    draws++;
    return values;
  };
  const answer = async <T>(ask: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    const answered = await ask();
    // A source that answers at once would otherwise hold the event loop for the whole chain.
    await nextTurn();
    signal?.throwIfAborted();
    return answered;
  };
  const given = (noise: NoiseSource): FloatArray => {
    const values = noise(draws++, [batch, ...card.shape], first);
    if (values.length !== x.length)
      throw new Error(`The noise of draw ${draws - 1} has ${values.length} numbers; expected ${x.length}.`);
    drawn.set(values);
    return drawn;
  };
  const drawNormals = (): FloatArray => {
    if (noise) return given(noise);
    const values = draw(normals);
    if (!(x instanceof Float64Array)) return values;
    drawn.set(values);
    return drawn;
  };
  const counted = <A extends FloatArray>(prediction: A, { length } = x) => {
    if (prediction.length !== length) {
      throw new Error(`The model returned ${prediction.length} numbers for ${length}; expected as many.`);
    }
    return prediction;
  };
  const notFinite = (what: 'prediction' | 'energy' | 'variance', level: number) =>
    new NotFiniteError(what, level, options.progression(), source.remedy);
  const finite = <A extends FloatArray>(prediction: A, { level }: Level) => {
    if (!isFinite(prediction)) throw notFinite('prediction', level);
    return prediction;
  };
  const checked = <A extends FloatArray>(prediction: A, level: Level) => finite(counted(prediction), level);
  return {
    card,
    x,
    get draws() {
      return draws;
    },
    async estimate(kind, level) {
      const prediction = checked(await answer(() => predict(x, level.level)), level);
      return convert(prediction, x, prediction, card.parametrisation, kind, level);
    },
    async estimateAt(kind, points, levels, rows) {
      const Told = x.constructor as Float32ArrayConstructor;
      const told = Told.from(levels, ({ level }) => level) as FloatArray;
      const prediction = counted(await answer(() => predict(points, told, rows)), points);
      const size = x.length / batch;
      levels.forEach((level, j) => {
        const [from, to] = [j * size, (j + 1) * size];
        const found = finite(prediction.subarray(from, to), level);
        convert(found, points.subarray(from, to), found, card.parametrisation, kind, level);
      });
      return prediction;
    },
    async evaluate(level) {
      const { prediction, energy } = await answer(() => evaluate!(x as Float32Array, level.level));
      if (energy.length !== batch) {
        throw new Error(
          `The model returned ${energy.length} energies for ${batch} samples; expected as many.`,
        );
      }
      // An infinite energy is a place that no chain goes to.
      if (energy.some((f) => !(f > -Infinity))) throw notFinite('energy', level.level);
      const found = checked(prediction, level);
      return { score: convert(found, x, found, card.parametrisation, 'score', level), energy };
    },
    ...(predictVariance && {
      async estimateWithVariance(kind: Parametrisation, level: Level) {
        const { prediction, varianceShare } = await answer(() =>
          predictVariance(x as Float32Array, level.level),
        );
        if (varianceShare.length !== x.length) {
          throw new Error(
            `The model returned ${varianceShare.length} variances for ${x.length} numbers; expected as many.`,
          );
        }
        if (!isFinite(varianceShare)) throw notFinite('variance', level.level);
        const found = checked(prediction, level);
        return { estimate: convert(found, x, found, card.parametrisation, kind, level), varianceShare };
      },
    }),
    rows(values) {
      const size = x.length / batch;
      if (values.length === count * size) return values.subarray(from * size, (from + batch) * size);
      if (values.length !== size) {
        throw new RangeError(
          `The sampler was given ${values.length} numbers; expected ${size}, one sample, or ${count * size}, one for each of ${count}.`,
        );
      }
      return Float64Array.from(x, (_, i) => values[i % size]!);
    },
    normals: drawNormals,
    learnedNormals: (varianceShare, posterior) => scaleByLearned(drawNormals(), varianceShare, posterior),
    clip(x0, clip) {
      clipX0(x0, clip, card.valueRange, batch);
      return x0;
    },
    uniforms: (size) => draw(uniforms, size),
  };
}

/** z <- sigma z with log sigma^2 = v log beta + (1 - v) log betat, in place. */
function scaleByLearned(z: FloatArray, v: FloatArray, posterior: Posterior): FloatArray {
  const { smallest, range } = logSigmas(posterior);
  for (let i = 0; i < z.length; i++) z[i] = z[i]! * Math.exp(smallest + v[i]! * range);
  return z;
}

/** One pass without branches: a sum of zeros is NaN as soon as one term is. */
function isFinite(values: FloatArray): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}
