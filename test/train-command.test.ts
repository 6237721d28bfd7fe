import { mkdir, mkdtemp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { scorebridge } from './support/command.js';
import { quickstart, writeDigits } from './support/digits.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-train-'));
  await writeDigits(join(folder, 'digits'));
  await writeDigits(join(folder, 'cut'));
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
  const stopped = await scorebridge(folder, [...run, '--out', 'parts'], { interruptOn: 'step 1/60' });
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

test('the record of a run repeats it, bit for bit, and so does the record of that', async () => {
  const options = [
    'accumulate=2',
    'validation=8',
    'evaluateEvery=2',
    'checkpointEvery=3',
    'logEvery=2',
    'seed=4',
  ];
  const more = ['emaHalfLives=[40]', 'decay=linear', 'finalLearningRate=0.1', 'lossWeight.name=min-snr'];
  const set = [...options, ...more].flatMap((option) => ['--set', option]);
  const first = await scorebridge(folder, quickstart('--steps', '7', ...set, '--out', 'first'));
  expect(first.code, first.stderr).toBe(0);
  const checkpointsOf = async (run: string) => {
    const at = join(folder, run, 'checkpoints');
    const names = (await readdir(at)).sort();
    return Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(at, name)) })));
  };
  const recorded = async (run: string) =>
    (JSON.parse(await readFile(join(folder, run, 'run.json'), 'utf8')) as { config: object }).config;
  const expected = await checkpointsOf('first');
  const steps = [3, 6, 7].map((step) => `step-0000000${step}.safetensors`);
  expect(expected.map(({ name }) => name)).toEqual(['best.safetensors', ...steps]);
  // The engine that was chosen, and some options that leave the result as it is.
  const here = { engine: 'compiled', provider: 'cpu', threads: 1, logEvery: 2 };
  expect(await recorded('first')).toMatchObject(here);
  for (const [from, to] of [
    ['first', 'second'],
    ['second', 'third'],
  ] as const) {
    const again = await scorebridge(folder, [
      'train',
      join(from, 'run.json'),
      '--data',
      'digits',
      '--out',
      to,
    ]);
    expect(again.code, again.stderr).toBe(0);
    const found = await checkpointsOf(to);
    expect(found.map(({ name }) => name)).toEqual(expected.map(({ name }) => name));
    found.forEach(({ name, bytes }, i) =>
      expect(bytes.equals(expected[i]!.bytes), `${name} of ${to}`).toBe(true),
    );
    expect(await recorded(to)).toEqual(await recorded('first'));
  }
});
