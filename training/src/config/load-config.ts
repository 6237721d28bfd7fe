import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { layOver } from './lay-over.js';
import { isGroup } from './merge.js';
import { parseConfig } from './parse-config.js';
import { presets } from './presets/index.js';
import type { RunRecord } from '../trainer/run-record.js';
import type { Config } from './schema.js';

/**
 * A config: a preset by its name, or a JSON file by its path, with `overrides` laid over it. The `run.json` of a run
 * stands for the config that the run had.
 *
 * @param overrides options that replace those of the config; groups are merged, lists replaced, undefined ones ignored.
 *   Where one makes a group of another kind, of the config's options only those stay that both kinds share
 * @throws Error with one sentence where there is no such config, it is not JSON, or an option is wrong
 */
export async function loadConfig(
  nameOrPath: string,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<Config> {
  const config = Object.hasOwn(presets, nameOrPath) ? presets[nameOrPath] : await readConfig(nameOrPath);
  return parseConfig(isGroup(config) ? layOver(config, overrides) : config, nameOrPath);
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
    if (!isGroup(config)) return config;
    return isRecord(config)
      ? configOfRun(config, path)
      : { name: basename(path).replace(/\.json$/i, ''), ...config };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Error(`Config ${path} is not JSON: ${error.message}.`, { cause: error });
  }
}

const isRecord = (value: Record<string, unknown>): value is Record<string, unknown> & RunRecord =>
  isGroup(value.config) && Array.isArray(value.starts);

/** The config of a run that its record repeats. */
function configOfRun({ config, starts }: RunRecord, path: string): RunRecord['config'] {
  const first = starts[0]?.step ?? 0;
  if (first > 0)
    throw new Error(
      `The run of ${path} began at step ${first} of another one, so that its record cannot repeat it: ` +
        'name the config, and that checkpoint with --resume.',
    );
  return config;
}
