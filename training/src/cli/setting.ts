import { InvalidArgumentError } from 'commander';
import { isGroup } from '../config/merge.js';

/** Adds `option=value` to the settings before it: the option's keys parted by dots, the value as JSON or plain text. */
export function setting(text: string, previous: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const [, path, value] = /^([\w.]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined) throw new InvalidArgumentError('Expected option=value, such as network.base=48.');
  const settings = structuredClone(previous) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop()!;
  let group = settings;
  for (const key of keys) {
    const inner = (group[key] ??= {});
    if (!isGroup(inner)) throw new InvalidArgumentError(`'${key}' is given as a whole already.`);
    group = inner;
  }
  group[last] = parsed(value!);
  return settings;
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
