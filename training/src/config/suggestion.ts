import { editDistance } from './edit-distance.js';
import type { ConfigOption } from './options.js';

/**
 * In words, what an unknown option may have been meant as: one of another kind of its group, or else the known one whose
 * last key is nearest, one of the same group before others.
 */
export function suggestion(path: string, known: readonly ConfigOption[]): string {
  const parent = (p: string) => p.slice(0, p.lastIndexOf('.') + 1);
  const key = (p: string) => p.slice(parent(p).length);
  const distance = (p: string) =>
    editDistance(key(p).toLowerCase(), key(path).toLowerCase()) + (parent(p) === parent(path) ? 0 : 0.5);
  const paths = known.map((option) => option.path);
  if (paths.includes(path)) return `: it goes with another kind of ${parent(path).slice(0, -1) || 'task'}`;
  const groups = paths.map((p) => parent(p).slice(0, -1)).filter((p) => p !== '');
  const [nearest] = [...paths, ...groups].sort((a, b) => distance(a) - distance(b));
  return nearest !== undefined && distance(nearest) <= key(path).length / 2
    ? `; did you mean '${nearest}'?`
    : '';
}
