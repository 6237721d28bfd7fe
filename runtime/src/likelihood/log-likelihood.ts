import type { ScoreSource } from '../model/score-model.js';
import { checkSeed, STREAM } from '../noise/key.js';
import { adaptiveRungeKutta, type OdeQuestion } from '../ode/adaptive-runge-kutta.js';
import { type SolverOptions, solverOf } from '../ode/solver-options.js';
import { conversion } from '../parametrisation/convert.js';
import { lengthOf } from '../process/angle.js';
import { continuousLevels } from '../process/level-at.js';
import { sampleSize } from '../samplers/sample-size.js';
import type { FloatArray } from '../sampling/float-array.js';
import { guidanceOf } from '../sampling/guidance.js';
import { type LabelOptions, sampleLabels } from '../sampling/labels.js';
import { nextTurn } from '../sampling/next-turn.js';
import { checkSteps } from '../schedules/check.js';
import { byDifferences } from './by-differences.js';
import { byVjp } from './by-vjp.js';
import { dequantise } from './dequantise.js';
import { hutchinson, type Probes } from './probes.js';

export interface LikelihoodOptions extends SolverOptions, Pick<LabelOptions, 'label'> {
  /** What the divergence is found by: `hutchinson()` (the default, one probe), or `exactTrace()`. */
  probes?: Probes | undefined;
  /**
   * Where v' J v is from: the source's `vjp`, which is the default where it has one, or central differences of its
   * predictions.
   */
  derivative?: 'vjp' | 'differences' | undefined;
  /** Seed of the probes and of the dequantisation; 0 by default. Sample i of a seed has the same ones in any batch. */
  seed?: number | undefined;
  /** Index of the first sample under the seed, 0 by default. */
  first?: number | undefined;
  /** The most rows of one network call, 64 by default; a sample takes one for each probe, or 1 + 2 probes by differences. */
  batch?: number | undefined;
  /** Honoured between network calls: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Told how many samples are done, each time that one is. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface Likelihood {
  /** [count], in nats: log p(x), or of bytes a lower bound of their log probability. */
  readonly logLikelihood: Float64Array;
  /** [count], -logLikelihood / (size log 2), size being the numbers of a sample. */
  readonly bitsPerDim: Float64Array;
  /**
   * [count, ...shape], where the ODE ends, at the noisiest level. `probabilityFlow({ final: 'min' })` comes back from there,
   * as `initial` of `sample`.
   */
  readonly latents: Float64Array;
  /** [count], for how many points of the ODE the network was asked for this sample. */
  readonly evaluations: Int32Array;
  readonly derivative: 'vjp' | 'differences';
}

/**
 * The log-likelihood of data under a model by the probability-flow ODE and the instantaneous change of variables,
 *
 *     log p(x(0)) = log p_T(x(T)) + integral of div f(x(t), t) dt
 *
 * (Song et al., "Score-based generative modeling through stochastic differential equations", 2021, equations 39 and 40; Chen
 * et al., "Neural ordinary differential equations", 2018), f being the drift of the ODE and p_T the normal law that samplers
 * begin with. The variable is the angle of `probabilityFlow`, in which f is the velocity v-hat, so the density is that of
 * what that sampler draws: of x_0 with the noise of the model's cleanest level, in units of the data.
 *
 * Bytes are dequantised, by noise that is uniform on their bins, 255 to the value range: what comes back bounds the
 * probability of the bytes themselves from below, and 256 values that are all as likely would have 8 bits per dimension.
 *
 * Each sample has steps of its own and does not depend on those beside it. The log density is one of the numbers whose error
 * the tolerances hold; an estimated divergence does not bias it, but each sample has the error of its probes.
 *
 * @param source a model from `loadModel`, or a closed-form score
 * @param x [count, ...shape]: numbers as the model knows them, or bytes, 0 to 255 of its value range
 * @throws RangeError in one sentence, before any work, if an option or the length of x does not fit the model
 */
export async function logLikelihood(
  source: ScoreSource,
  x: FloatArray | Uint8Array,
  options: LikelihoodOptions = {},
): Promise<Likelihood> {
  const { card } = source;
  const { probes = hutchinson(), seed = 0, first = 0, batch = 64, signal, onProgress } = options;
  const size = sampleSize(card);
  const count = x.length / size;
  const { method, ...solver } = solverOf(options);
  checkSeed(seed);
  checkSteps('batch', batch);
  if (!(Number.isInteger(count) && count > 0))
    throw new RangeError(
      `x has ${x.length} numbers; expected a multiple of ${size}, shape [count, ${card.shape.join(', ')}].`,
    );
  if (!(Number.isSafeInteger(first) && first >= 0 && first + count <= 2 ** 32))
    throw new RangeError(`first is ${first}; expected an integer >= 0 with first + count of at most 2^32.`);
  if (card.parametrisation === 'mu')
    throw new RangeError('A likelihood needs levels between those that a model of mu has.');
  const bytes = x instanceof Uint8Array;
  const wrong = bytes ? -1 : x.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new RangeError(`x holds ${x[wrong]} at ${wrong}; expected finite numbers.`);
  const { derivative = source.vjp ? 'vjp' : 'differences' } = options;
  if (derivative === 'vjp' && !source.vjp)
    throw new RangeError(
      "The model has no vector-Jacobian product: load one with it, or take derivative 'differences'.",
    );
  const labels = sampleLabels(card.classes, count, options, guidanceOf());

  const { min, max, at } = continuousLevels(card.process);
  const [from, to] = [Math.atan(min), Math.atan(max)];
  const pause = async () => {
    await nextTurn();
    signal?.throwIfAborted();
  };
  const tracing = { size, probes: probes.count(size), batch, pause };
  const tracer = derivative === 'vjp' ? byVjp(source.vjp!, tracing) : byDifferences(source.predict, tracing);
  const logPrior = normalLogDensity(card.process.kind === 'vp' ? 1 : at(max).sigma / lengthOf(at(max)), size);

  const found = {
    logLikelihood: new Float64Array(count),
    bitsPerDim: new Float64Array(count),
    latents: new Float64Array(count * size),
    evaluations: new Int32Array(count),
    derivative,
  };
  let done = 0;
  /** The ODE of sample i, of y and of the divergence's integral behind it. */
  const start = (i: number) => {
    const own = x.subarray(i * size, (i + 1) * size);
    const key = { seed, sample: first + i, stream: STREAM.dequantisation };
    const { x: point, width } = bytes
      ? dequantise(own as Uint8Array, card.valueRange, key)
      : { x: own as FloatArray, width: 1 };
    const y = new Float64Array(size + 1);
    point.forEach((value, d) => (y[d] = Math.cos(from) * value));
    const flow = adaptiveRungeKutta(method, { from, to, y, ...solver });
    const resume = (answer?: Float64Array): OdeQuestion | undefined => {
      const { value, done: ended } = answer ? flow.next(answer) : flow.next();
      if (!ended) return value;
      const latent = value.y.subarray(0, size);
      const volume = size * (Math.log(Math.cos(from)) + Math.log(width));
      found.logLikelihood[i] = logPrior(latent) + value.y[size]! + volume;
      found.bitsPerDim[i] = -found.logLikelihood[i]! / (size * Math.LN2);
      found.latents.set(
        latent.map((value) => value * lengthOf(at(max))),
        i * size,
      );
      found.evaluations[i] = value.evaluations;
      onProgress?.(++done, count);
      return undefined;
    };
    return { i, resume, question: resume() };
  };

  // As many at a time as fill a network call; where one ends the next begins, so that calls stay full.
  const together = Math.max(1, Math.floor(batch / tracer.rows));
  let open: ReturnType<typeof start>[] = [];
  signal?.throwIfAborted();
  for (let next = 0; next < count || open.length > 0;) {
    while (open.length < together && next < count) open.push(start(next++));
    const levels = open.map(({ question }) => at(Math.tan(question!.t)));
    const points = new Float32Array(open.length * size);
    open.forEach(({ question }, j) => {
      const length = lengthOf(levels[j]!);
      for (let d = 0; d < size; d++) points[j * size + d] = length * question!.y[d]!;
    });
    const { prediction, sums } = await tracer.ask({
      ...{ x: points, levels },
      labels: labels && Int32Array.from(open, ({ i }) => labels[i]!),
      probe: (out, j, k) => probes.fill(out, k, { seed, sample: first + open[j]!.i, stream: STREAM.probes }),
    });
    open.forEach((flow, j) => {
      const level = levels[j]!;
      const [onX, onY] = conversion(card.parametrisation, 'v', level);
      const slope = new Float64Array(size + 1);
      for (let d = j * size; d < (j + 1) * size; d++)
        slope[d - j * size] = (onX * points[d]! + onY * prediction[d]!) / lengthOf(level);
      slope[size] = onX * size + onY * probes.weight * sums[j]!;
      if (!slope.every(Number.isFinite))
        throw new Error(
          `The model's prediction at level ${level.level} is not finite; try another provider.`,
        );
      flow.question = flow.resume(slope);
    });
    open = open.filter(({ question }) => question);
  }
  return found;
}

/** log N(y; 0, std^2 I). */
function normalLogDensity(std: number, size: number): (y: Float64Array) => number {
  const constant = -size * (Math.log(std) + Math.log(2 * Math.PI) / 2);
  return (y) => constant - y.reduce((sum, value) => sum + value * value, 0) / (2 * std * std);
}
