import {
  normals,
  processLevels,
  type ScoreSource,
  type SourceCard,
  STREAM,
  uniforms,
  type VpProcess,
} from '@scorebridge/runtime';
import { setImmediate } from 'node:timers/promises';
import { timeStrata } from './time-strata.js';
import { variationalTerms, type VariationalTermsOptions } from './variational-terms.js';

export interface BitsPerDimOptions extends Omit<VariationalTermsOptions, 'variance'> {
  /** sigma_t^2 (see `variationalTerms`): by default learned where the model has learned it, and small where it has not. */
  readonly variance?: 'small' | 'large' | 'learned' | undefined;
  /**
   * Network calls an image, 2 to T: one for L_0, and one for each stratum of t = 2..T, at a random t of it. By default
   * T, which is every t.
   */
  readonly steps?: number | undefined;
  /** A label for each image, [count]; without it the images are unlabelled. */
  readonly label?: Int32Array | undefined;
  /** Seed of the noise and of the random t; 0 by default. */
  readonly seed?: number | undefined;
  /** Images of one network call; 64 by default. */
  readonly batch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each network call. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** An upper bound of -log2 p(x_0) per dimension, averaged over images, and its parts. */
export interface BitsPerDim {
  /** prior + denoising + decoder. */
  readonly bitsPerDim: number;
  /** How far another draw of images, noise and t would move it: standard deviation over images / sqrt(count). */
  readonly standardError: number;
  /** L_T: what is left of the data at t = T. */
  readonly prior: number;
  /** The sum of L_{t-1} over t = 2..T. */
  readonly denoising: number;
  /** L_0: the pixels, given x_1. */
  readonly decoder: number;
}

/**
 * The variational bound of a vp model on images, L_T + sum_{t>1} L_{t-1} + L_0, in bits per dimension: nats divided by
 * (dimensions log 2); see `variationalTerms`. Since L_0 is the probability of whole pixel values, the offset for the
 * value range is 0: 256 values that are all as likely have 8 bits per dimension in any range.
 *
 * @param source a model from `loadModel`, or a closed-form score
 * @param images [count, ...shape], 8-bit pixels mapped linearly to the model's value range
 * @throws RangeError in one sentence, before any work, if the process is ve or an option does not fit the model
 */
export async function bitsPerDim(
  source: ScoreSource,
  images: Float32Array,
  options: BitsPerDimOptions = {},
): Promise<BitsPerDim> {
  const { card } = source;
  const process = vpProcess(card);
  const { T } = process.schedule;
  const { steps = T, batch = 64, label, seed = 0, signal, onProgress = () => undefined } = options;
  const size = card.shape.reduce((product, n) => product * n, 1);
  const count = images.length / size;
  checkOptions(card, { count, T, steps, batch, label });

  const { variance = source.predictVariance ? 'learned' : 'small' } = options;
  if (variance === 'learned' && !source.predictVariance)
    throw new RangeError("The model has learned no variance: take 'small' or 'large'.");
  const terms = variationalTerms(card, process, {
    clip: options.clip,
    variance: variance === 'learned' ? undefined : variance,
  });
  const ask = async (...call: Parameters<NonNullable<ScoreSource['predictVariance']>>) =>
    variance === 'learned'
      ? source.predictVariance!(...call)
      : { prediction: await source.predict(...call), varianceShare: undefined };
  const levels = new Map(processLevels(process).map((level) => [level.level, level]));
  const strata = [{ first: 1, size: 1 }, ...timeStrata(T, steps - 1)];
  const parts = { prior: 0, denoising: 0, decoder: 0 };
  const bits = new Float64Array(count);
  const add = (part: keyof typeof parts, image: number, nats: number) => {
    bits[image]! += nats / (size * Math.LN2);
    parts[part] += nats / (size * Math.LN2) / count;
  };

  const calls = Math.ceil(count / batch) * steps;
  let done = 0;
  for (let from = 0; from < count; from += batch) {
    const n = Math.min(batch, count - from);
    const x0 = rows(images.subarray(from * size, (from + n) * size), n);
    const draws = x0.map((_, i) =>
      uniforms(new Float32Array(steps), { seed, sample: from + i, stream: STREAM.time }),
    );
    x0.forEach((image, i) => add('prior', from + i, terms.prior(image)));
    for (const [s, stratum] of strata.entries()) {
      signal?.throwIfAborted();
      const ts = Float32Array.from(draws, (u) => stratum.first + Math.floor(stratum.size * u[s]!));
      const x = new Float32Array(n * size);
      const xt = rows(x, n);
      ts.forEach((t, i) => {
        // Known by its image and t alone, whatever the strata and the batch.
        normals(xt[i]!, { seed, sample: from + i, step: t, stream: STREAM.evaluation });
        const { scale, sigma } = levels.get(t)!;
        xt[i]!.forEach((eps, d) => (xt[i]![d] = scale * x0[i]![d]! + sigma * eps));
      });
      const answer = await ask(x, ts, label?.subarray(from, from + n));
      const prediction = rows(answer.prediction, n);
      const varianceShare = answer.varianceShare && rows(answer.varianceShare, n);
      // A source that answers at once would otherwise hold the event loop.
      await setImmediate();
      ts.forEach((t, i) => {
        const nats = terms.at(t, x0[i]!, xt[i]!, prediction[i]!, varianceShare?.[i]);
        if (!Number.isFinite(nats)) throw new Error(`The model's prediction at t = ${t} is not finite.`);
        add(t === 1 ? 'decoder' : 'denoising', from + i, stratum.size * nats);
      });
      onProgress(++done, calls);
    }
  }

  const mean = bits.reduce((sum, value) => sum + value / count, 0);
  const squares = bits.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { bitsPerDim: mean, standardError: Math.sqrt(squares / (count * (count - 1))), ...parts };
}

/** Views of the `n` rows of an array. */
const rows = (values: Float32Array, n: number): Float32Array[] =>
  Array.from({ length: n }, (_, i) =>
    values.subarray((i * values.length) / n, ((i + 1) * values.length) / n),
  );

/** The process of a model that has such a bound. Throws RangeError on a ve model. */
export function vpProcess({ process }: Pick<SourceCard, 'process'>): VpProcess {
  if (process.kind === 'vp') return process;
  throw new RangeError(
    `Bits per dimension are bounded here for vp models, and this one's process is ${process.kind}: name a vp model.`,
  );
}

interface CheckedOptions {
  readonly count: number;
  readonly T: number;
  readonly steps: number;
  readonly batch: number;
  readonly label: Int32Array | undefined;
}

function checkOptions(
  { classes, shape }: SourceCard,
  { count, T, steps, batch, label }: CheckedOptions,
): void {
  if (!Number.isInteger(count) || count < 2)
    throw new RangeError(
      `A standard error needs at least two whole images of shape [${shape.join(', ')}], found ${count}.`,
    );
  if (!(Number.isInteger(steps) && steps >= 2 && steps <= T))
    throw new RangeError(`steps is ${steps}; expected an integer from 2 to ${T}, the model's T.`);
  if (!(Number.isInteger(batch) && batch >= 1))
    throw new RangeError(`batch is ${batch}; expected a positive integer.`);
  if (!classes) {
    if (label) throw new RangeError('The model has no classes, so leave label out.');
    return;
  }
  const range = `0 to ${classes.count - 1}`;
  if (!label) {
    if (classes.unconditional === null) throw new RangeError(`The model needs labels: ${range}.`);
    return;
  }
  if (label.length !== count)
    throw new RangeError(`There are ${label.length} labels for ${count} images; give one an image.`);
  const wrong = label.find((l) => !(l >= 0 && l < classes.count));
  if (wrong !== undefined) throw new RangeError(`label is ${wrong}; the model's labels are ${range}.`);
}
