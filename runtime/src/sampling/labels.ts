import type { Guidance, GuidanceOptions } from './guidance.js';
import type { Classes } from '../card/model-card.js';

export interface LabelOptions {
  /** One label for all samples, or one a sample: 0 to classes - 1. Without it the samples are unlabelled. */
  label?: number | ArrayLike<number>;
  /** Weight w of classifier-free guidance, or that with an interval or rescaling; 0, the default, is none. */
  guidance?: number | GuidanceOptions;
}

/**
 * The label of each of `count` samples, or undefined for a model without classes.
 *
 * @throws RangeError if a label is not one of the model's, if there are not `count` of them, or if the model cannot do
 *   what is asked: labels without classes, none or guidance where labels were never dropped in training.
 */
export function sampleLabels(
  classes: Classes | null,
  count: number,
  { label }: LabelOptions,
  { w: guidance }: Guidance,
): Int32Array | undefined {
  if (!classes) {
    if (label !== undefined) throw new RangeError('The model has no classes, so leave label out.');
    if (guidance !== 0) throw new RangeError('The model has no classes, so leave guidance out.');
    return undefined;
  }
  const range = `0 to ${classes.count - 1}`;
  if (guidance !== 0 && label === undefined) {
    throw new RangeError(`guidance is ${guidance}; it needs a label, ${range}.`);
  }
  if (classes.unconditional === null) {
    if (label === undefined) throw new RangeError(`The model needs a label: ${range}.`);
    if (guidance !== 0) {
      throw new RangeError(
        'The model was trained without dropping labels, so it cannot be guided: leave guidance out.',
      );
    }
  }
  if (label === undefined) return new Int32Array(count).fill(classes.unconditional!);
  const labels = typeof label === 'number' ? new Array<number>(count).fill(label) : Array.from(label);
  if (labels.length !== count) {
    throw new RangeError(
      `There are ${labels.length} labels for ${count} samples; give one for all or one a sample.`,
    );
  }
  const wrong = labels.find((l) => !(Number.isInteger(l) && l >= 0 && l < classes.count));
  if (wrong !== undefined) throw new RangeError(`label is ${wrong}; the model's labels are ${range}.`);
  return Int32Array.from(labels);
}
