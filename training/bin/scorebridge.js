#!/usr/bin/env node
// A file of its own, not the compiled one, so that `npx scorebridge` is there as soon as npm has installed the
// workspace, before anything is built.
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('scorebridge: it is not built yet: run `npm run build` first.');
  process.exitCode = 1;
}
