/** @throws RangeError if `value` is not a positive integer. */
export function checkSteps(name: string, value: number): void {
  if (!(Number.isSafeInteger(value) && value > 0)) {
    throw new RangeError(`${name} is ${value}; expected a positive integer.`);
  }
}
