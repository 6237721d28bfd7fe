import * as v from 'valibot';
import { editDistance } from './edit-distance.js';
import { configOptions } from './options.js';
import { type Config, configSchema } from './schema.js';

/**
 * Fills in and checks a config.
 *
 * @param name what messages call it
 * @throws Error that names the first option that is wrong, what was expected and what was found; for an unknown option
 *   it also names the known one that is nearest
 */
export function parseConfig(config: unknown, name: string): Config {
  if (Array.isArray(config)) throw new Error(`Config ${name} is a list; expected an object of options.`);
  const result = v.safeParse(configSchema, config, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  if (issue.type === 'strict_object' && issue.expected === 'never' && path)
    throw new Error(`Config ${name} has an unknown option '${path}'${suggestion(path)}.`);
  throw new Error(`Config ${name} is not valid${path ? ` at '${path}'` : ''}: ${issue.message}.`);
}

/** The known option whose last key is nearest, one of the same group before others. */
function suggestion(path: string): string {
  const parent = (p: string) => p.slice(0, p.lastIndexOf('.') + 1);
  const key = (p: string) => p.slice(parent(p).length);
  const distance = (p: string) =>
    editDistance(key(p).toLowerCase(), key(path).toLowerCase()) + (parent(p) === parent(path) ? 0 : 0.5);
  const paths = configOptions().map((option) => option.path);
  const groups = paths.map((p) => parent(p).slice(0, -1)).filter((p) => p !== '');
  const [nearest] = [...paths, ...groups].sort((a, b) => distance(a) - distance(b));
  return nearest !== undefined && distance(nearest) <= key(path).length / 2
    ? `; did you mean '${nearest}'?`
    : '';
}
