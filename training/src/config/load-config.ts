import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseConfig } from './parse-config.js';
import { presets } from './presets/index.js';
import type { Config } from './schema.js';

/**
 * A config: a preset by its name, or a JSON file by its path, with `overrides` laid over it.
 *
 * @param overrides options that replace those of the config; groups are merged, lists replaced, undefined ones ignored
 * @throws Error with one sentence where there is no such config, it is not JSON, or an option is wrong
 */
export async function loadConfig(
  nameOrPath: string,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<Config> {
  const config = Object.hasOwn(presets, nameOrPath) ? presets[nameOrPath] : await readConfig(nameOrPath);
  return parseConfig(isGroup(config) ? merge(config, overrides) : config, nameOrPath);
}

async function readConfig(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `There is no config ${path} (${error.code}): expected ${Object.keys(presets).join(', ')}, or the path of a JSON file.`,
      { cause: error },
    );
  });
  try {
    const config: unknown = JSON.parse(text);
    return isGroup(config) ? { name: basename(path).replace(/\.json$/i, ''), ...config } : config;
  } catch (error) {
    throw new Error(`Config ${path} is not JSON: ${(error as Error).message}.`, { cause: error });
  }
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function merge(below: unknown, above: unknown): unknown {
  if (!isGroup(below) || !isGroup(above)) return above;
  const merged = { ...below };
  for (const [key, value] of Object.entries(above))
    if (value !== undefined) merged[key] = merge(below[key], value);
  return merged;
}
