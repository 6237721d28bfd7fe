/**
 * The root of the mean square of sum_j c_j k_j / scale, element by element: the size of a combination of stages where
 * `scale` is what each number may be off by.
 */
export function rmsNorm(
  coefficients: readonly number[],
  stages: readonly Float64Array[],
  scale: Float64Array,
): number {
  let sum = 0;
  for (let i = 0; i < scale.length; i++) {
    let value = 0;
    for (let j = 0; j < coefficients.length; j++) value += coefficients[j]! * stages[j]![i]!;
    sum += (value / scale[i]!) ** 2;
  }
  return Math.sqrt(sum / scale.length);
}
