import type { Node, Value } from '../../graph/graph.js';

/**
 * Height and width of images, for a rule that has to know them.
 *
 * @throws Error if they are symbolic
 */
export function fixedSize(value: Value, { source, op }: Node): [number, number] {
  const size = value.shape.slice(2) as [number, number];
  if (size.every((d) => Number.isInteger(d))) return size;
  const seen = value.shapes.slice(0, 2).map((s) => s.slice(2).join(' x '));
  throw new Error(
    `${source ?? op} works only on images of a size that is known, but theirs came out as ${seen.join(' and ')}: ` +
      'give their height and width as numbers.',
  );
}
