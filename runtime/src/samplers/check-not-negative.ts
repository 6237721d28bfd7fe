/** @throws RangeError if `value` is not a finite number of at least 0 */
export function checkNotNegative(name: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) throw new RangeError(`${name} is ${value}; expected a number >= 0.`);
}
