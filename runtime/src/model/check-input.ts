import type { SourceCard } from '../card/source-card.js';

/**
 * Holds the arrays of a prediction against the card.
 *
 * @returns the batch.
 * @throws RangeError that says which length is wrong.
 */
export function checkInput(
  { shape, classes }: SourceCard,
  x: Float32Array,
  level: number | Float32Array,
  label?: Int32Array,
  out?: Float32Array,
): number {
  const size = shape.reduce((a, b) => a * b, 1);
  const batch = x.length / size;
  if (!(Number.isInteger(batch) && batch > 0)) {
    throw new RangeError(
      `x has ${x.length} numbers; expected a multiple of ${size}, shape [batch, ${shape.join(', ')}].`,
    );
  }
  if (typeof level !== 'number' && level.length !== batch) {
    throw new RangeError(
      `level has ${level.length} numbers; expected one, or one for each of ${batch} samples.`,
    );
  }
  if (label && !classes) throw new RangeError('The model has no classes, so leave label out.');
  if (!label && classes?.unconditional === null) {
    throw new RangeError(`The model needs a label: 0 to ${classes.count - 1}.`);
  }
  if (label && label.length !== batch) {
    throw new RangeError(`label has ${label.length} numbers; expected one for each of ${batch} samples.`);
  }
  if (out && out.length !== x.length) {
    throw new RangeError(`out has ${out.length} numbers; expected ${x.length}, as many as x.`);
  }
  return batch;
}
