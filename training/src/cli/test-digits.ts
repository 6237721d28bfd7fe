import type { ModelCard } from '@scorebridge/runtime';
import { loadMnist } from '../data/mnist.js';
import { spreadRows } from '../evaluation/spread-rows.js';
import type { Context } from './context.js';
import type { SamplingOptions } from './sampling-options.js';

export interface TestDigitsOptions extends SamplingOptions {
  readonly data?: string;
}

/** Test digits, spread over all, for a model to say how likely they are. */
export interface TestDigits {
  /** [count, 28, 28, 1]. */
  readonly pixels: Uint8Array;
  /** [count], of a model with classes that is to be told them. */
  readonly label: Int32Array | undefined;
  readonly count: number;
}

/**
 * Fits options to the likelihood of test digits.
 *
 * @param flag the option that asked for it
 * @throws RangeError in one sentence if the model is not one of digits, or an option is of samples
 */
export function checkTestDigits(
  { shape, layout }: ModelCard,
  { count, label, guidance, guide, sampler, eps, eta, spacing, leapfrog, order }: TestDigitsOptions,
  flag: string,
): void {
  if (count < 2)
    throw new RangeError('A standard error needs at least two digits: ask for more with --count.');
  if (
    guidance !== 0 ||
    [guide, sampler, eps, eta, spacing, leapfrog, order].some((value) => value !== undefined)
  )
    throw new RangeError(
      `${flag} draws no samples: leave --guidance, --guide, --sampler and its options out with it.`,
    );
  if (label !== undefined && label !== 'none')
    throw new RangeError(
      `With ${flag} each test digit has its own label: leave --label out, or say --label none.`,
    );
  if (shape.join() !== '28,28,1' || layout !== 'channels-last')
    throw new RangeError(
      `The test digits have shape [28, 28, 1], channels last; the model is of [${shape.join(', ')}], ${layout}.`,
    );
}

/** The test digits that the options ask for, with their labels where the model has labels. */
export async function testDigits(
  { classes }: ModelCard,
  options: TestDigitsOptions,
  { signal, note }: Context,
): Promise<TestDigits> {
  const digits = await loadMnist({ dir: options.data, split: 'test', signal, note });
  const labelled = classes !== null && options.label !== 'none';
  return {
    pixels: spreadRows(digits.images, digits.images.length / digits.count, options.count),
    label: labelled ? Int32Array.from(spreadRows(digits.labels, 1, options.count)) : undefined,
    count: Math.min(options.count, digits.count),
  };
}
