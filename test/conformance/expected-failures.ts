import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import type { SpecResult } from './spec-result.js';

/** Why a spec may fail, by its name. */
export type ExpectedFailures = ReadonlyMap<string, string>;

/** Begins the reason of a spec that nobody has given one: such a list is refused. */
export const UNEXPLAINED = 'Unexplained';

const WITHOUT_RULE = 'No rule for the kernel';

const pathOf = (provider: string) =>
  fileURLToPath(
    new URL(`expected-failures${provider === 'cpu' ? '' : `.${provider}`}.json`, import.meta.url),
  );

/** Reads a provider's list: specs by reason. One that has no list may fail nowhere. */
export async function readExpectedFailures(provider: string): Promise<ExpectedFailures> {
  const list = existsSync(pathOf(provider)) ? await readFile(pathOf(provider), 'utf8') : '{}';
  const reasons = JSON.parse(list) as Record<string, string[]>;
  return new Map(Object.entries(reasons).flatMap(([reason, names]) => names.map((name) => [name, reason])));
}

export async function writeExpectedFailures(provider: string, expected: ExpectedFailures): Promise<void> {
  const reasons: Record<string, string[]> = {};
  for (const reason of [...expected.values()].sort()) reasons[reason] = [];
  for (const name of [...expected.keys()].sort()) reasons[expected.get(name)!]!.push(name);
  await writeFile(
    pathOf(provider),
    await format(JSON.stringify(reasons), { parser: 'json', printWidth: 110 }),
  );
}

/** The list that fits these results: known reasons stay, and what refuses by name is its own reason. */
export function updated(results: readonly SpecResult[], expected: ExpectedFailures): ExpectedFailures {
  const failed = results.filter(({ status }) => status === 'failed');
  return new Map(
    failed.map(({ name, message = '' }) => [
      name,
      refusal(message) ?? given(expected.get(name)) ?? `${UNEXPLAINED}: ${message}`,
    ]),
  );
}

/** A reason that somebody has given: one that was derived from a refusal is not true of another failure. */
const given = (reason?: string): string | undefined =>
  reason?.startsWith(WITHOUT_RULE) || reason?.startsWith(UNEXPLAINED) ? undefined : reason;

function refusal(message: string): string | undefined {
  const [, kernel] = /(?:tfjs kernel|The kernel) (\w+)/.exec(message) ?? [];
  if (/no form for strings/.test(message) || kernel?.startsWith('String') || kernel === 'StaticRegexReplace')
    return 'Strings: ops on them that look into them';
  return kernel && `${WITHOUT_RULE} ${kernel}`;
}
