import { loadModel, type ModelCard } from '@scorebridge/runtime';
import { loadMnist } from '../data/mnist.js';
import { type BitsPerDim, bitsPerDim, vpProcess } from '../evaluation/bits-per-dim.js';
import { spreadRows } from '../evaluation/spread-rows.js';
import type { Context } from './context.js';
import { prepareSampling } from './prepare-sampling.js';
import { startProgress } from './progress.js';
import type { SamplingOptions } from './sampling-options.js';

/** Time steps at which each digit is looked at unless told otherwise. */
const STEPS = 20;

export interface BitsPerDimCommandOptions extends SamplingOptions {
  readonly seeds: number;
  readonly data?: string;
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
  checkOptions(options);
  const { bytes, card, extras } = await prepareSampling(path, options);
  const { T } = vpProcess(card).schedule;
  checkShape(card);
  const { signal, note } = context;
  const digits = await loadMnist({ dir: options.data, split: 'test', signal, note });
  const { seed, batch, provider, threads, steps = Math.min(STEPS, T) } = options;
  const { variance = extras.variance ? 'learned' : 'small' } = options;
  const [low, high] = card.valueRange;
  const pixels = spreadRows(digits.images, digits.images.length / digits.count, options.count);
  const images = Float32Array.from(pixels, (pixel) => low + (high - low) * (pixel / 255));
  const labelled = card.classes !== null && options.label !== 'none';
  const label = labelled ? Int32Array.from(spreadRows(digits.labels, 1, options.count)) : undefined;

  const model = await loadModel(bytes, { provider, threads, signal });
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
  const count = Math.min(options.count, digits.count);
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

function checkOptions(options: BitsPerDimCommandOptions): void {
  const { count, label, guidance, sampler, eps, eta, spacing, leapfrog, seeds } = options;
  if (count < 2)
    throw new RangeError('A standard error needs at least two digits: ask for more with --count.');
  const ofSamples = [sampler, eps, eta, spacing, leapfrog];
  if (guidance !== 0 || seeds !== 1 || ofSamples.some((value) => value !== undefined))
    throw new RangeError(
      '--bits-per-dim draws no samples: leave --guidance, --seeds, --sampler and its options out with it.',
    );
  if (label !== undefined && label !== 'none')
    throw new RangeError(
      'With --bits-per-dim each test digit has its own label: leave --label out, or say --label none.',
    );
}

function checkShape({ shape, layout }: ModelCard): void {
  if (shape.join() !== '28,28,1' || layout !== 'channels-last')
    throw new RangeError(
      `The test digits have shape [28, 28, 1], channels last; the model is of [${shape.join(', ')}], ${layout}.`,
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
