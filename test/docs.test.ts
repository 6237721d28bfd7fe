import { experiments } from '@scorebridge/training';
import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const pages: string[] = [];
for (const folder of ['.', 'docs', 'runtime', 'export', 'training', 'web-demo', 'examples'])
  for (const name of await readdir(join(root, folder)))
    if (name.endsWith('.md')) pages.push(join(folder, name));

test.each(pages)('%s: what it links to is there', async (page) => {
  const text = await readFile(join(root, page), 'utf8');
  // Links and images whose target is neither on the web nor a heading of the page itself.
  const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) => target!);
  const missing: string[] = [];
  for (const target of targets)
    await access(join(root, dirname(page), target)).catch(() => missing.push(target));
  expect(missing).toEqual([]);
});

test('the experiments that the theory tells of are those of the lab', async () => {
  const theory = await readFile(join(root, 'docs/theory.md'), 'utf8');
  const told = new Set(
    [...theory.matchAll(/`(?:scorebridge )?lab ([a-z-]+)(?: --full)?[`;)]/g)].map(([, name]) => name!),
  );
  expect([...told].sort()).toEqual(experiments.map(({ name }) => name).sort());
});
