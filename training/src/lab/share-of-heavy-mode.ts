/** The share of points [count, 2] that lie nearer to (5, 5) than to (-5, -5). */
export function shareOfHeavyMode(x: ArrayLike<number>): number {
  let heavy = 0;
  for (let i = 0; i < x.length; i += 2) if (x[i]! + x[i + 1]! > 0) heavy++;
  return heavy / (x.length / 2);
}
