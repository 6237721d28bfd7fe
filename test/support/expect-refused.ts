import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { scorebridge } from './command.js';

/** Expects of a command one line on stderr that contains this, exit code 1, and that nothing is written. */
export async function expectRefused(
  folder: string,
  args: readonly string[],
  sentence: string,
): Promise<void> {
  const before = await readdir(folder);
  const { code, stdout, stderr } = await scorebridge(folder, args);
  expect(stderr).toContain(sentence);
  expect(stderr).toMatch(/^scorebridge: [^\n]+\n$/);
  expect([code, stdout]).toEqual([1, '']);
  expect(await readdir(folder)).toEqual(before);
}
