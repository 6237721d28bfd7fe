import { beforeAll, expect, test } from 'vitest';
import { scorebridge } from './support/command.js';
import { expectRefused } from './support/expect-refused.js';
import { modelsFolder } from './support/models-folder.js';

let folder: string;

beforeAll(async () => {
  folder = await modelsFolder();
});

test.each<[what: string, args: string[], sentence: string]>([
  ['an unknown option', ['sample', 'model.onnx', '--stps', '5'], '--stps'],
  ['an unknown command', ['smaple', 'model.onnx'], 'smaple'],
])('refused in one line: %s', (_, args, sentence) => expectRefused(folder, args, sentence));

test('--verbose adds the stack', async () => {
  const { code, stderr } = await scorebridge(folder, ['sample', 'text.onnx', '--verbose']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/\n {4}at /);
});

test('doctor: the cpu provider computes, and what is not there is given its reason', async () => {
  const { code, stdout } = await scorebridge(folder, ['doctor', '--json']);
  expect(code).toBe(0);
  const findings = JSON.parse(stdout) as Record<string, { ok: boolean; detail: string }>;
  expect(findings['provider cpu']).toEqual({ ok: true, detail: 'runs' });
  expect(findings['node']).toMatchObject({ ok: true });
  for (const { ok, detail } of Object.values(findings)) expect(ok || detail.length > 10).toBe(true);
});

test('--help and --version', async () => {
  const help = await scorebridge(folder, ['--help']);
  expect([help.code, help.stderr]).toEqual([0, '']);
  for (const command of ['doctor', 'train', 'export', 'sample', 'evaluate', 'setup'])
    expect(help.stdout).toContain(command);
  const { stdout } = await scorebridge(folder, ['--version']);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
