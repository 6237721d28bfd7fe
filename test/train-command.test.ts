import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { writeNoiseDigits } from './support/noise-digits.js';

const executable = fileURLToPath(new URL('../training/bin/scorebridge.js', import.meta.url));

/** Runs the command as a user does. @param interruptOn the text on stderr that Ctrl-C follows */
function scorebridge(cwd: string, args: string[], interruptOn?: string) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [executable, ...args], { cwd });
    let [stdout, stderr, interrupted] = ['', '', false];
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString();
      if (interruptOn === undefined || interrupted || !stderr.includes(interruptOn)) return;
      interrupted = true;
      child.kill('SIGINT');
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

let folder: string;

const network = ['--set', 'network.base=16', '--set', 'network.attention=[]', '--set', 'warmup=1'];
const small = ['--data', 'digits', '--batch', '4', '--threads', '1', ...network];
const quickstart = (...args: string[]) => ['train', 'quickstart', ...small, ...args];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-train-'));
  await writeNoiseDigits(join(folder, 'digits'));
  await writeNoiseDigits(join(folder, 'cut'));
  await truncate(join(folder, 'cut', 'train-images-idx3-ubyte'), 5000);
  await mkdir(join(folder, 'empty'));
  await writeFile(join(folder, 'typo.json'), '{"lerningRate": 0.1}');
  await writeFile(join(folder, 'broken.json'), '{"steps": ');
});

test.each<[what: string, args: string[], sentence: string]>([
  ['a config that is not there', ['train', 'quickstrat'], 'There is no config quickstrat'],
  ['an unknown option of a config', ['train', 'typo.json'], "did you mean 'learningRate'?"],
  ['a config that is not JSON', ['train', 'broken.json'], 'is not JSON'],
  ['no steps', quickstart('--steps', '0'), 'whole number of at least 1'],
  ['a setting without a value', quickstart('--set', 'batch'), 'Expected option=value'],
  ['a folder without data', quickstart('--data', 'empty'), 'There is no train-images-idx3-ubyte in empty'],
  ['a truncated IDX file', quickstart('--data', 'cut'), 'is truncated'],
  ['a path that is a file', quickstart('--out', 'typo.json'), 'Cannot write'],
  ['a path below a file', quickstart('--out', 'typo.json/run'), 'is a file, not a folder'],
  ['a provider that is not there', quickstart('--provider', 'cuda'), "'cuda' is not available"],
  ['an engine that does not exist', quickstart('--engine', 'abacus'), 'auto, compiled'],
  ['a checkpoint that is not there', quickstart('--resume', 'none'), 'none cannot be used'],
  ['a checkpoint that is none', quickstart('--resume', 'typo.json'), 'typo.json cannot be used'],
])('%s: one line on stderr, exit code 1, nothing written', async (_, args, sentence) => {
  const before = await readdir(folder);
  const { code, stdout, stderr } = await scorebridge(folder, args);
  expect(stderr).toContain(sentence);
  expect(stderr).toMatch(/^scorebridge: [^\n]+\n$/);
  expect([code, stdout]).toEqual([1, '']);
  expect(await readdir(folder)).toEqual(before);
});

test('Ctrl-C saves; the same command goes on, to the bits of a run in one go; a third time it has nothing to do', async () => {
  const run = quickstart('--steps', '60', '--set', 'logEvery=1');
  const whole = await scorebridge(folder, [...run, '--out', 'whole', '--json']);
  expect(whole.code, whole.stderr).toBe(0);
  const stopped = await scorebridge(folder, [...run, '--out', 'parts'], 'step 1/60');
  expect([stopped.code, stopped.stdout]).toEqual([130, '']);
  expect(stopped.stderr).toMatch(/Stopped at step \d+, saved as parts\/checkpoints\/step-\d+\.safetensors/);
  expect(await readdir(join(folder, 'parts'))).not.toContain('lock.json');
  const on = await scorebridge(folder, [...run, '--out', 'parts', '--json']);
  expect(on.code, on.stderr).toBe(0);
  expect(on.stderr).toMatch(/from step \d+ \(parts\/checkpoints/);

  const { steps, checkpoint, engine } = JSON.parse(on.stdout) as Record<string, string>;
  expect([steps, engine]).toEqual([60, 'compiled']);
  const other = (JSON.parse(whole.stdout) as Record<string, string>).checkpoint!;
  const [a, b] = [await readFile(join(folder, checkpoint!)), await readFile(join(folder, other))];
  expect(a.equals(b)).toBe(true);

  const again = await scorebridge(folder, [...run, '--out', 'parts']);
  expect(again.code, again.stderr).toBe(0);
  expect(again.stdout).toContain('parts has all its 60 steps already');
  expect((await readdir(join(folder, 'parts'))).sort()).toEqual([
    'checkpoints',
    'log.jsonl',
    'loss.png',
    'run.json',
    'tensorboard',
  ]);
});

test('a damaged checkpoint is refused, the one before it offered, and taken', async () => {
  const run = quickstart('--steps', '6', '--set', 'checkpointEvery=2', '--out', 'damaged');
  expect((await scorebridge(folder, run)).code).toBe(0);
  const checkpoint = (step: number) => join('damaged', 'checkpoints', `step-0000000${step}.safetensors`);
  await truncate(join(folder, checkpoint(6)), 100_000);
  const refused = await scorebridge(folder, run);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(
    `The checkpoint ${checkpoint(6)} cannot be used: it is truncated or altered: its checksum is not that of its ` +
      `bytes. The one before it, ${checkpoint(4)}, is intact`,
  );
  const taken = await scorebridge(folder, [...run, '--resume', checkpoint(4)]);
  expect(taken.code, taken.stderr).toBe(0);
  expect((await scorebridge(folder, run)).stdout).toContain('has all its 6 steps already');
});
