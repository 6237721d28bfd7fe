import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VERSION } from './version.js';

it('is the version that the package is published as', () => {
  const url = new URL('../package.json', import.meta.url);
  expect(VERSION).toBe((JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version);
});
