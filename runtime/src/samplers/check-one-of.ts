/** @throws RangeError if `value` is none of the allowed. */
export function checkOneOf<T extends number | string>(name: string, value: T, allowed: readonly T[]): void {
  if (allowed.includes(value)) return;
  const [last, ...others] = [...allowed].reverse();
  throw new RangeError(`${name} is ${value}; expected ${others.reverse().join(', ')} or ${last}.`);
}
