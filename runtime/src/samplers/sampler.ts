import type { Parametrisation, Process } from '../card/model-card.js';
import type { SourceCard } from '../card/source-card.js';
import type { FloatArray } from '../sampling/float-array.js';
import type { Level } from '../process/level.js';
import type { Posterior } from '../process/posterior.js';
import type { State } from '../sampling/state.js';
import type { Clip } from './clip.js';

/**
 * One batch of samples on its way from noise to data, as a sampler sees it that does all its sums by `combine`, and so may
 * be on a device. The arrays of a network call hold until the next network call, those of a draw until the next draw.
 *
 * What is not linear in samples, estimates and noise, such as clipping, is asked of the chain: a sampler whose own
 * arithmetic is linear can then be written down as a table of coefficients too (`recordSampler`).
 */
export interface StateChain {
  readonly card: SourceCard;
  /** [batch, ...shape], changed in place. */
  readonly x: State;
  /** The model's estimate at x, guided and converted, [batch, ...shape]. One network call. */
  estimate(kind: Parametrisation, level: Level): Promise<State>;
  /** The next draw of standard normals, [batch, ...shape]. */
  normals(): State;
  /** Estimates of x_0, [batch, ...shape], brought into the card's value range, in place. */
  clip(x0: State, clip: Clip): State;
}

/** A chain whose arrays are in main memory. */
export interface Chain extends StateChain {
  readonly x: FloatArray;
  estimate(kind: Parametrisation, level: Level): Promise<FloatArray>;
  /**
   * Estimates at points of the caller's own, guided and converted as those of `estimate`: `rows` says of which samples of
   * the batch they are (whose labels they have), `levels` at which level each is. One network call, of these samples alone.
   *
   * @param points [rows, ...shape], of the type of x
   */
  estimateAt(
    kind: Parametrisation,
    points: FloatArray,
    levels: readonly Level[],
    rows: readonly number[],
  ): Promise<FloatArray>;
  /** The score and the energy [batch] at x, guided. One network call, for samplers that need it. */
  evaluate(level: Level): Promise<{ score: Float32Array; energy: Float32Array }>;
  /**
   * The estimate at x and v of the learned variance (see `VariancePrediction`), [batch, ...shape] each, of a model that has
   * learned one. One network call.
   */
  readonly estimateWithVariance?: (
    kind: Parametrisation,
    level: Level,
  ) => Promise<{ estimate: FloatArray; varianceShare: Float32Array }>;
  /**
   * The batch's rows of values that are given for all samples, [count, ...shape], or of those of one, [...shape], for each.
   *
   * @throws RangeError if they are as many as neither.
   */
  rows(values: FloatArray): FloatArray;
  normals(): FloatArray;
  /**
   * The next draw of standard normals, each times the sigma that a model has learned: sigma^2 = exp(v log beta + (1 - v) log betat)
   * of the step that `posterior` describes.
   *
   * @param varianceShare v, as `estimateWithVariance` gives it
   */
  learnedNormals(varianceShare: Float32Array, posterior: Posterior): FloatArray;
  clip(x0: FloatArray, clip: Clip): FloatArray;
  /** The next draw of uniforms on [0, 1), `size` a sample: [batch, size]; [batch, ...shape] by default. */
  uniforms(size?: number): Float32Array;
}

export interface ChainStep {
  /** The level that the network was told. */
  readonly level: number;
  /** How many samples of the batch moved, of a sampler that accepts or rejects. */
  readonly accepted?: number;
}

export interface Plan {
  readonly levels: readonly Level[];
  /** How often `run` will yield. */
  readonly steps: number;
}

/** A sampler is a value; a function with its own options makes it. */
export interface Sampler {
  readonly name: string;
  /** What it asks for beside predictions, which not every model gives. */
  readonly needs?: 'energy' | 'variance';
  /** Whether `run` takes any `StateChain`, so that its arrays may stay on a device; see `DeviceSampler`. */
  readonly onDevice?: boolean;
  /**
   * The levels to visit, noisiest first.
   *
   * @throws RangeError if the process or the number of steps is not one that the sampler can take.
   */
  plan(process: Process, steps?: number): Plan;
  /** Fills the chain's x with where to start. */
  initialise(chain: Chain, plan: Plan): void;
  /** Takes x from there to a sample, yielding after each step. */
  run(chain: Chain, plan: Plan): AsyncGenerator<ChainStep, void>;
}

/** A sampler whose chain may be on a device. */
export interface DeviceSampler extends Sampler {
  readonly onDevice: true;
  run(chain: StateChain, plan: Plan): AsyncGenerator<ChainStep, void>;
}

export const isDeviceSampler = (sampler: Sampler): sampler is DeviceSampler => sampler.onDevice === true;
