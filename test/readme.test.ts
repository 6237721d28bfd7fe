import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const root = new URL('../', import.meta.url);
const folder = new URL('results/readme/', import.meta.url); // inside the repository, so that packages resolve
const path = (file: string) => fileURLToPath(new URL(file, folder));
const readme = await readFile(new URL('README.md', root), 'utf8');
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the code in the README compiles against the packages as they are', async () => {
  expect(blocks.length).toBeGreaterThan(0);
  await mkdir(folder, { recursive: true });
  for (const [i, code] of blocks.entries()) await writeFile(path(`block-${i}.ts`), code);
  const compilerOptions = { noEmit: true, composite: false, rootDir: '.' };
  const config = { extends: '../../../tsconfig.base.json', compilerOptions, include: ['*.ts'] };
  await writeFile(path('tsconfig.json'), JSON.stringify(config));
  const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', root));
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', path('.')]).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe('');
});

test('the commands that the README names are there', async () => {
  const { scripts } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
    scripts: object;
  };
  const named = [...readme.matchAll(/^npm (?:run )?(\S+)/gm)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(0);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
});
