/** `count` whole numbers spread evenly from 0 to total - 1, both included; all of them when they are fewer. */
export function pickEvenly(total: number, count: number): number[] {
  if (total <= count) return [...Array(total).keys()];
  if (count === 1) return [total - 1];
  return Array.from({ length: count }, (_, i) => Math.round((i * (total - 1)) / (count - 1)));
}
