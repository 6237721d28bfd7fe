import * as v from 'valibot';
import { configOptions } from './options.js';
import { type Config, configSchema } from './schema.js';
import { suggestion } from './suggestion.js';

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
    throw new Error(`Config ${name} has an unknown option '${path}'${suggestion(path, configOptions())}.`);
  throw new Error(`Config ${name} is not valid${path ? ` at '${path}'` : ''}: ${issue.message}.`);
}
