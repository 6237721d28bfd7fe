import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runTool } from './run-tool.js';

const node = (program: string, options?: Parameters<typeof runTool>[2]) =>
  runTool(process.execPath, ['-e', program], options);

test('gives what was printed, and has a failure say its last line', async () => {
  expect(await node("console.log('out'); console.error('err')")).toEqual({
    stdout: 'out\n',
    stderr: 'err\n',
  });
  await expect(node("console.error('first\\nlast'); process.exit(3)")).rejects.toMatchObject({
    name: 'ToolFailed',
    code: 3,
    message: 'last',
  });
  await expect(runTool('no-such-program', [])).rejects.toThrow('no-such-program is not on the PATH');
});

test('an interrupted tool has gone before the caller hears of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  const [ready, gone] = ['ready', 'gone'].map((name) => join(folder, name)) as [string, string];
  const interrupt = new AbortController();
  const running = node(
    `const { writeFileSync } = require('node:fs');
     process.on('SIGINT', () => setTimeout(() => { writeFileSync(${JSON.stringify(gone)}, ''); process.exit(); }, 200));
     setInterval(() => {}, 1000);
     writeFileSync(${JSON.stringify(ready)}, '');`,
    { signal: interrupt.signal },
  );
  const outcome = expect(running).rejects.toThrow('Interrupted.');
  while (!existsSync(ready)) await setTimeout(10);
  interrupt.abort(new Error('Interrupted.'));
  await outcome;
  expect(existsSync(gone)).toBe(true);
  await rm(folder, { recursive: true });
});
