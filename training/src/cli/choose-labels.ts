import type { ModelCard } from '@scorebridge/runtime';
import type { LabelChoice } from './options.js';

/**
 * Deals labels out to samples, in turn: of the labels 4,7 the samples get 4, 7, 4, 7, ...
 *
 * @param choice by default `all` for a model that has classes
 * @returns a label for each sample, or undefined for none in particular
 * @throws RangeError when a label is not a class of the model
 */
export function chooseLabels(
  { classes }: Pick<ModelCard, 'classes'>,
  choice: LabelChoice = classes ? 'all' : 'none',
  count: number,
): number[] | undefined {
  if (choice === 'none') return undefined;
  if (!classes) throw new RangeError('The model was trained without labels: leave --label out.');
  const list = choice === 'all' ? [...Array(classes.count).keys()] : choice;
  const unknown = list.find((label) => label >= classes.count);
  if (unknown !== undefined)
    throw new RangeError(`Label ${unknown} is not a class of the model: expected 0 to ${classes.count - 1}.`);
  return Array.from({ length: count }, (_, i) => list[i % list.length]!);
}
