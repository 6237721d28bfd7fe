import { loadModel } from '@scorebridge/runtime';
import { type BitsPerDim, bitsPerDim, vpProcess } from '../evaluation/bits-per-dim.js';
import type { Context } from './context.js';
import { prepareSampling } from './prepare-sampling.js';
import { startProgress } from './progress.js';
import { checkTestDigits, testDigits, type TestDigitsOptions } from './test-digits.js';

/** Time steps at which each digit is looked at unless told otherwise. */
const STEPS = 20;

export interface BitsPerDimCommandOptions extends TestDigitsOptions {
  readonly seeds: number;
}

/**
 * `scorebridge evaluate --bits-per-dim`: the variational bound of a vp model on MNIST's test digits, each with its own
 * label where the model has labels.
 *
 * @throws RangeError in one sentence, before any work, if the model is ve or not one of digits, or an option is of samples
 */
export async function evaluateBitsPerDim(
  path: string,
  options: BitsPerDimCommandOptions,
  context: Context,
): Promise<void> {
  if (options.seeds !== 1) throw new RangeError('--bits-per-dim takes one seed: leave --seeds out with it.');
  const { card, extras } = await prepareSampling(path, options);
  const { T } = vpProcess(card).schedule;
  checkTestDigits(card, options, '--bits-per-dim');
  const { pixels, label, count } = await testDigits(card, options, context);
  const { seed, batch, provider, threads, steps = Math.min(STEPS, T) } = options;
  const { variance = extras.variance ? 'learned' : 'small' } = options;
  const [low, high] = card.valueRange;
  const images = Float32Array.from(pixels, (pixel) => low + (high - low) * (pixel / 255));
  const { signal } = context;
  const labelled = label !== undefined;

  const model = await loadModel(path, { provider, threads, signal });
  const progress = startProgress('bits per dimension');
  const started = performance.now();
  let found: BitsPerDim;
  try {
    const onProgress = progress.update;
    found = await bitsPerDim(model, images, { steps, variance, seed, batch, label, signal, onProgress });
  } finally {
    progress.stop();
    await model.release();
  }
  const seconds = (performance.now() - started) / 1000;
  const { bitsPerDim: total, standardError, ...terms } = found;
  context.print(
    {
      model: path,
      provider: model.provider,
      count,
      labelled,
      steps,
      variance,
      seed,
      seconds,
      bitsPerDim: total,
      standardError,
      terms,
    },
    `${count} test digits${labelled ? ' with their labels' : ''} at ${steps} of ${T} time steps each on ` +
      `${model.provider.name}, ${seconds.toFixed(1)} s\n\n${table(found)}`,
  );
}

function table({ bitsPerDim, standardError, prior, denoising, decoder }: BitsPerDim): string {
  const rows = [
    ['bits per dimension, at most', `${bitsPerDim.toFixed(3)} +- ${standardError.toFixed(3)}`],
    ['  prior L_T', prior.toPrecision(3)],
    ['  denoising L_1 to L_T-1', denoising.toFixed(3)],
    ['  decoder L_0', decoder.toFixed(3)],
  ];
  return rows.map(([name = '', value = '']) => `${name.padEnd(29)}${value}`).join('\n');
}
