/** Whether a value is an object of options. */
export const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `above` laid over `below`: groups are merged, lists replaced, undefined ones ignored. */
export function merge(below: unknown, above: unknown): unknown {
  if (!isGroup(below) || !isGroup(above)) return above;
  const merged = { ...below };
  for (const [key, value] of Object.entries(above))
    if (value !== undefined) merged[key] = merge(below[key], value);
  return merged;
}
