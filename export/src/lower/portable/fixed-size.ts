import type { Node, Value } from '../../graph/graph.js';

/**
 * The spatial size of images or volumes, for a rule that has to know them.
 *
 * @throws Error if it is symbolic
 */
export function fixedSize(value: Value, { source, op }: Node): number[] {
  const size = value.shape.slice(2);
  if (size.every((d) => Number.isInteger(d))) return size;
  const seen = value.shapes.slice(0, 2).map((s) => s.slice(2).join(' x '));
  throw new Error(
    `${source?.kernel ?? op} works only on images of a size that is known, but theirs came out as ${seen.join(' and ')}: ` +
      'give their size, such as height and width, as numbers.',
  );
}
