/**
 * Smooths a series with a centred Gaussian kernel, renormalised where it meets an end, so that the result
 * neither lags behind the series nor is pulled to 0.
 *
 * @param width standard deviation of the kernel, in points; 0 returns a copy
 */
export function smooth(values: readonly number[], width: number): number[] {
  if (width === 0) return [...values];
  const reach = Math.ceil(3 * width);
  const kernel = Array.from({ length: reach + 1 }, (_, distance) => Math.exp(-((distance / width) ** 2) / 2));
  return values.map((_, centre) => {
    let sum = 0;
    let weight = 0;
    for (let i = Math.max(0, centre - reach); i <= Math.min(values.length - 1, centre + reach); i++) {
      const k = kernel[Math.abs(i - centre)] ?? 0;
      sum += k * (values[i] ?? NaN);
      weight += k;
    }
    return sum / weight;
  });
}
