import type { Process } from '../card/model-card.js';
import { extrasOf } from '../model/extra-outputs.js';
import type { ScoreSource } from '../model/score-model.js';
import { checkSeed } from '../noise/key.js';
import { annealedLangevin } from '../samplers/annealed-langevin.js';
import { ddpm } from '../samplers/ddpm.js';
import { sampleSize } from '../samplers/sample-size.js';
import { checkNeeds } from '../samplers/check-needs.js';
import { isDeviceSampler, type Sampler } from '../samplers/sampler.js';
import { checkSteps } from '../schedules/check.js';
import type { DeviceChain } from './device-chain.js';
import type { FloatArray } from './float-array.js';
import type { NoiseSource } from './noise-source.js';
import { makeChain } from './chain.js';
import { defaultBatch } from './default-batch.js';
import { guidanceOf } from './guidance.js';
import { guided } from './guided.js';
import { type LabelOptions, sampleLabels } from './labels.js';
import { nextTurn } from './next-turn.js';
import { makeScratch } from './scratch.js';
import { type Samples, type SampleStep, type Sampling, sampling } from './sampling.js';

export interface SampleOptions extends LabelOptions {
  /** `ddpm()` for a vp process and `annealedLangevin()` for a ve process by default. */
  sampler?: Sampler;
  /** Steps of the sampler; its own number by default. */
  steps?: number;
  /**
   * Number of samples. All of them are in memory, with what the sampler keeps of them from step to step; for more, call
   * again with `first`.
   */
  count: number;
  /** 0 to 2^53 - 1. Sample i of a seed is the same whatever `count` and `batch` are. */
  seed: number;
  /** Index of the first sample under the seed, 0 by default. */
  first?: number;
  /**
   * The most samples of one network call (twice that under guidance), which bounds the memory that the network takes and
   * says nothing about the samples; 64 by default, fewer of samples of more than 4,096 numbers.
   */
  batch?: number;
  /** Where to start, [count, ...shape], instead of the sampler's own noise. Not changed. */
  initial?: FloatArray;
  /**
   * Iterating gives each `every`-th step and the last, 1 by default. Of a chain on a GPU each of these costs the way back to
   * main memory, and the others do not; nor does any where only the result is asked for.
   */
  every?: number;
  /** In place of the noise that the seed draws. */
  noise?: NoiseSource;
  /** Whether the state is kept in float64, which needs a source that computes in it (`predictFloat64`). */
  float64?: boolean;
  /** Honoured between network calls: the iteration and the result reject with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Draws `count` samples. All options are checked before any work; the event loop is free between network calls.
 *
 * @param source a model from `loadModel`, or a closed-form score.
 * @throws RangeError with one sentence that says what is wrong with the options.
 */
export function sample(
  source: ScoreSource,
  options: SampleOptions & { float64: true },
): Sampling<Float64Array>;
export function sample(source: ScoreSource, options: SampleOptions): Sampling;
export function sample(source: ScoreSource, options: SampleOptions): Sampling<FloatArray> {
  const { count, seed, first = 0, every = 1, initial, noise, float64 = false, signal } = options;
  const { card } = source;
  const size = sampleSize(card);
  const { batch = defaultBatch(size) } = options;
  checkSteps('count', count);
  checkSteps('batch', batch);
  checkSteps('every', every);
  checkSeed(seed);
  if (!(Number.isSafeInteger(first) && first >= 0 && first + count <= 2 ** 32)) {
    throw new RangeError(`first is ${first}; expected an integer >= 0 with first + count of at most 2^32.`);
  }
  if (count * size > MOST_NUMBERS) throw tooMany(count, card.shape);
  if (options.steps !== undefined) checkSteps('steps', options.steps);
  const guidance = guidanceOf(options.guidance);
  const labels = sampleLabels(card.classes, count, options, guidance);
  const sampler = options.sampler ?? defaultSampler(card.process);
  if (float64 && !source.predictFloat64) {
    throw new RangeError('float64 needs a source that computes in it, by predictFloat64: leave it out.');
  }
  checkNeeds(sampler, float64 ? NOTHING : extrasOf(source));
  if (sampler.needs === 'energy' && guidance.rescale > 0) {
    throw new RangeError(
      `The sampler ${sampler.name} follows an energy, whose slope a rescaled guidance is not: leave rescale out.`,
    );
  }
  const plan = sampler.plan(card.process, options.steps);
  if (initial && initial.length !== count * size) {
    throw new RangeError(
      `initial has ${initial.length} numbers; expected ${count * size}, ${count} samples of shape [${card.shape.join(', ')}].`,
    );
  }

  const device =
    !float64 && !noise && isDeviceSampler(sampler) && source.chains?.takes(guidance)
      ? source.chains
      : undefined;

  async function* steps(shown: () => boolean, onDevice: OnDevice[]): Steps {
    signal?.throwIfAborted();
    const samples = allocate(count, card.shape, float64);
    if (initial) samples.set(initial);
    const scratch = makeScratch(Math.min(batch, count), size, { guided: guidance.w !== 0, float64 });
    let step = 0;
    const progression = () => ({ step, steps: plan.steps });
    const runs: ReturnType<Sampler['run']>[] = [];
    for (let from = 0; from < count; from += batch) {
      const to = Math.min(from + batch, count);
      const x = samples.subarray(from * size, to * size);
      const answers = guided(source, guidance, labels?.subarray(from, to), scratch);
      const chain = makeChain({
        ...{ source, x, batch: to - from, ...answers },
        ...{ seed, first: first + from, from, count, noise, signal, scratch, progression },
      });
      if (!initial) sampler.initialise(chain, plan);
      if (device && isDeviceSampler(sampler)) {
        const there = device.open({
          ...{ x: x as Float32Array, batch: to - from, labels: labels?.subarray(from, to), guidance },
          ...{ seed, first: first + from, draws: chain.draws, signal, progression },
        });
        onDevice.push({ chain: there, x: x as Float32Array });
        runs.push(sampler.run(there, plan));
      } else runs.push(sampler.run(chain, plan));
      await nextTurn();
      signal?.throwIfAborted();
    }
    const bring = async () => {
      for (const { chain, x } of onDevice) await chain.read(x);
    };
    let moves = 0;
    for (step = 1; step <= plan.steps; step++) {
      let level = NaN;
      let accepted = 0;
      // Batch by batch rather than sample by sample to the end, so that a step is a step of all samples.
      for (const run of runs) {
        const { value } = await run.next();
        if (!value) continue;
        level = value.level;
        accepted += value.accepted ?? NaN;
      }
      moves += accepted;
      if (step % every !== 0 && step !== plan.steps) continue;
      if (shown()) await bring();
      yield { step, steps: plan.steps, level, x: samples, ...acceptance(accepted / count) };
    }
    await bring();
    return {
      samples,
      shape: [count, ...card.shape],
      steps: plan.steps,
      ...acceptance(moves / (count * plan.steps)),
    };
  }
  return sampling(async function* (shown): Steps {
    const onDevice: OnDevice[] = [];
    try {
      return yield* steps(shown, onDevice);
    } finally {
      for (const { chain } of onDevice) chain.close();
    }
  });
}

type Steps = AsyncGenerator<SampleStep<FloatArray>, Samples<FloatArray>>;

/** A chain that is on a device, and where it comes back to. */
interface OnDevice {
  readonly chain: DeviceChain;
  readonly x: Float32Array;
}

/** Engines have no longer arrays. */
const MOST_NUMBERS = 2 ** 32;

const tooMany = (count: number, shape: readonly number[]) =>
  new RangeError(
    `count is ${count}; so many samples of shape [${shape.join(', ')}] do not fit into memory at once: draw them in parts, each with the first that it begins at.`,
  );

function allocate(count: number, shape: readonly number[], float64: boolean): FloatArray {
  const State = float64 ? Float64Array : Float32Array;
  try {
    return new State(shape.reduce((numbers, n) => numbers * n, count));
  } catch {
    throw tooMany(count, shape);
  }
}

/** What float64 leaves of a source beside predictions. */
const NOTHING = { energy: false, variance: false };

/** Nothing for a sampler that does not say what it accepts. */
const acceptance = (share: number) => (Number.isNaN(share) ? {} : { acceptance: share });

function defaultSampler({ kind }: Process): Sampler {
  return kind === 'vp' ? ddpm() : annealedLangevin();
}
