import { uniforms } from '@scorebridge/runtime';
import { readCheckpoint } from '@scorebridge/training';
import { execFileSync, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { executable, scorebridge, type CommandOptions } from './support/command.js';
import { quickstart, writeDigits } from './support/digits.js';

const seed = 12;
const STEPS = 60;
const KILLS = 10;

let folder: string;
const checkpoints = (run: string) => join(folder, run, 'checkpoints');
const at = (step: number) => `step-${String(step).padStart(8, '0')}.safetensors`;

/** Saves after every step, and judges every second one. */
const often = ['checkpointEvery=1', 'logEvery=1', 'validation=8', 'evaluateEvery=2', 'keepCheckpoints=2'];
const training = (...args: string[]) =>
  quickstart('--steps', `${STEPS}`, ...often.flatMap((option) => ['--set', option]), ...args);

/** The log of a run without what differs from time to time. */
async function logOf(run: string): Promise<unknown[]> {
  const lines = (await readFile(join(folder, run, 'log.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const { seconds: _, imagesPerSecond: __, ...rest } = JSON.parse(line) as Record<string, unknown>;
    return rest;
  });
}

/** That a run has ended with the bits of the one that nothing happened to. */
async function expectUnharmed(run: string): Promise<void> {
  for (const name of [at(STEPS), 'best.safetensors']) {
    const bytes = await readFile(join(checkpoints(run), name));
    expect(bytes.equals(await readFile(join(checkpoints('unharmed'), name))), name).toBe(true);
  }
  expect(await logOf(run)).toEqual(await logOf('unharmed'));
  expect((await readdir(checkpoints(run))).sort()).toEqual((await readdir(checkpoints('unharmed'))).sort());
}

/** That every checkpoint of a run can be read; returns the latest step. */
async function expectIntact(run: string): Promise<number> {
  const names = (await readdir(checkpoints(run))).filter((name) => name.endsWith('.safetensors'));
  const steps = await Promise.all(
    names.map(async (name) => (await readCheckpoint(join(checkpoints(run), name))).step),
  );
  return Math.max(0, ...steps.filter((_, i) => names[i] !== 'best.safetensors'));
}

/** A run that was stopped after some steps, to go on with. */
async function interrupted(run: string): Promise<number> {
  const { code, stderr } = await scorebridge(folder, training('--out', run), { interruptOn: 'step ' });
  expect(code, stderr).toBe(130);
  return expectIntact(run);
}

/** The last line on stderr, which is to be the only one about an error. */
function errorOf(stderr: string): string {
  const lines = stderr.trim().split('\n');
  expect(lines.filter((line) => /^scorebridge: |^ +at |Error/.test(line)).length, stderr).toBe(1);
  return lines.at(-1)!;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-safety-'));
  await chmod(folder, 0o755);
  await writeDigits(join(folder, 'digits'));
  const { code, stderr } = await scorebridge(folder, training('--out', 'unharmed'));
  expect(code, stderr).toBe(0);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Kills a process as the n-th write of a checkpoint begins, or a while after. */
function killAtWrite(child: ChildProcess, run: string, n: number, delay: number): void {
  const begun = new Set<string>();
  const watcher = watch(checkpoints(run), (_, name) => {
    if (!name?.endsWith('.tmp') || begun.has(name)) return;
    begun.add(name);
    if (begun.size < n) return;
    watcher.close();
    if (delay === 0) child.kill('SIGKILL');
    else void setTimeout(delay).then(() => child.kill('SIGKILL'));
  });
  child.once('exit', () => watcher.close());
}

test(`killed at ${KILLS} moments, some while a checkpoint is written, it ends with the bits of a run that was not`, async () => {
  const moments = uniforms(new Float32Array(2 * KILLS), { seed });
  await mkdir(checkpoints('killed'), { recursive: true });
  let [cutOff, latest] = [0, 0];
  for (let i = 0; i < KILLS; i++) {
    const [u, w] = [moments[2 * i]!, moments[2 * i + 1]!];
    const { signal, stderr } = await scorebridge(folder, training('--out', 'killed'), {
      onStart(child) {
        // The first two on their way to the first step or shortly after it.
        if (i < 2) void setTimeout(3000 * u).then(() => child.kill('SIGKILL'));
        else killAtWrite(child, 'killed', 1 + Math.floor(6 * u), i % 2 === 0 ? 0 : 80 * w);
      },
    });
    expect(signal, `kill ${i}, seed ${seed}: ${stderr}`).toBe('SIGKILL');
    const step = await expectIntact('killed');
    expect(step, `kill ${i}, seed ${seed}`).toBeGreaterThanOrEqual(latest);
    latest = step;
    cutOff += (await readdir(checkpoints('killed'))).filter((name) => name.endsWith('.tmp')).length;
  }
  expect(latest).toBeGreaterThan(0);
  expect(latest).toBeLessThan(STEPS);
  // Else no kill has fallen into a write, and the test has not tested what it says.
  expect(cutOff, `seed ${seed}`).toBeGreaterThan(0);
  const { code, stderr } = await scorebridge(folder, training('--out', 'killed'));
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(`from step ${latest} `);
  await expectUnharmed('killed');
});

const root = process.getuid?.() === 0;
const NOBODY = 65534;

/** Why a test cannot run here; said aloud, since a test that is passed over looks like one that passed. */
function skipped(what: string, why: string): true {
  console.warn(`NOT TESTED HERE: ${what} (${why}).`);
  return true;
}

describe('what the run cannot be written to: one line, exit code 1, and later on to the same bits', () => {
  /** Has a run that was stopped go on under a condition that stops its writing, then without it. */
  async function expectRefused(
    run: string,
    args: string[],
    sentence: RegExp,
    options: CommandOptions = {},
  ): Promise<void> {
    const { code, stdout, stderr } = await scorebridge(folder, args, options);
    expect([code, stdout], stderr).toEqual([1, '']);
    expect(errorOf(stderr)).toMatch(sentence);
    expect(existsSync(join(folder, run, 'lock.json'))).toBe(false);
  }

  test('a limit on the size of files', async () => {
    const step = await interrupted('limited');
    const sentence = new RegExp(
      `^scorebridge: Cannot write the run to limited \\(EFBIG\\): .*goes on from limited/checkpoints/${at(step)}\\.$`,
    );
    // In units of 1,024 bytes: enough for the log, too little for a checkpoint.
    await expectRefused('limited', training('--out', 'limited'), sentence, { prelude: 'ulimit -f 500' });
    expect(await expectIntact('limited')).toBe(step);
    expect((await scorebridge(folder, training('--out', 'limited'))).code).toBe(0);
    await expectUnharmed('limited');
  });

  const mountable = () => {
    if (!root) return !skipped('a full disk', 'only root can mount a small one');
    const probe = join(tmpdir(), `scorebridge-mount-${process.pid}`);
    execFileSync('mkdir', ['-p', probe]);
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe]);
    if (status === 0) execFileSync('umount', [probe]);
    execFileSync('rmdir', [probe]);
    return status === 0 || !skipped('a full disk', 'mounting is not permitted');
  };

  test.skipIf(!mountable())('a full disk', async () => {
    const step = await interrupted('roomy');
    const disk = join(folder, 'disk');
    await mkdir(disk);
    const { size } = await stat(join(checkpoints('roomy'), at(step)));
    // What is there, which is the best and up to two others, and half a checkpoint more.
    const bytes = Math.ceil(3.5 * size);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', disk]);
    try {
      await cp(join(folder, 'roomy'), join(disk, 'run'), { recursive: true });
      const out = ['--out', join('disk', 'run')];
      const sentence = /^scorebridge: Cannot write the run to disk\/run \(ENOSPC\): make room on the disk/;
      await expectRefused(join('disk', 'run'), training(...out), sentence);
      const reached = await expectIntact(join('disk', 'run'));
      expect(reached).toBeGreaterThanOrEqual(step);
      // To the last byte, so that not even the lock of the run can be written.
      spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=1024'], { stdio: 'ignore' });
      await expectRefused(join('disk', 'run'), training(...out), sentence);
      expect(await expectIntact(join('disk', 'run'))).toBe(reached);
      await rm(join(disk, 'filler'));
      execFileSync('mount', ['-o', `remount,size=${20 * size}`, disk]);
      const { code, stderr } = await scorebridge(folder, training(...out));
      expect(code, stderr).toBe(0);
      await expectUnharmed(join('disk', 'run'));
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  const canBeNobody = () => {
    if (!root) return true;
    const { status } = spawnSync(process.execPath, ['-e', `require('fs').accessSync('${executable}')`], {
      uid: NOBODY,
    });
    return (
      status === 0 ||
      !skipped('a folder that is read-only', 'root may write anywhere, nobody read nothing here')
    );
  };
  // Root may write anywhere: the command runs as nobody then.
  const asUser: CommandOptions = root ? { uid: NOBODY, gid: NOBODY } : {};

  test.skipIf(!canBeNobody())('a folder that is read-only', async () => {
    const step = await interrupted('closed');
    const own = async (mode: number, ...names: string[]) => {
      for (const name of names) {
        const path = join(folder, 'closed', name);
        if (root) await chown(path, NOBODY, NOBODY);
        await chmod(path, mode);
      }
    };
    for (const name of await readdir(join(folder, 'closed'), { recursive: true })) await own(0o755, name);
    await own(0o755, '.');

    await own(0o555, 'checkpoints');
    const inside =
      /^scorebridge: Cannot write the run to closed \(EACCES\): .*can be written; .*goes on from closed/;
    await expectRefused('closed', training('--out', 'closed'), inside, asUser);
    await own(0o555, '.');
    const whole = /^scorebridge: Cannot write closed\/run.json: .*closed takes no new file \(EACCES\)/;
    await expectRefused('closed', training('--out', 'closed'), whole, asUser);
    expect(await expectIntact('closed')).toBe(step);

    await own(0o755, '.', 'checkpoints');
    const { code, stderr } = await scorebridge(folder, training('--out', 'closed'), asUser);
    expect(code, stderr).toBe(0);
    await expectUnharmed('closed');
  });
});

describe('what is there already', () => {
  test('a checkpoint of another network is refused, and nothing is written', async () => {
    const resume = join('unharmed', 'checkpoints', at(STEPS));
    const before = await readdir(folder, { recursive: true });
    const wider = ['--set', 'network.base=24', '--resume', resume, '--out', 'wider'];
    const { code, stdout, stderr } = await scorebridge(folder, training(...wider));
    expect([code, stdout]).toEqual([1, '']);
    expect(errorOf(stderr)).toMatch(
      /^scorebridge: The checkpoint unharmed\S+ cannot be used: it is of another network: its parameters\/\S+ is \[/,
    );
    const here = ['--set', 'network.base=24', '--out', 'unharmed'];
    const refused = await scorebridge(folder, training(...here));
    expect(refused.code).toBe(1);
    expect(errorOf(refused.stderr)).toMatch(
      /holds a run of another configuration \(network is \{.*"base":16/,
    );
    expect(await readdir(folder, { recursive: true })).toEqual(before);
  });

  test('a second trainer in the folder is refused, and the first goes on', async () => {
    const long = training('--out', 'shared');
    let second: Promise<void> | undefined;
    const first = await scorebridge(folder, long, {
      onStart(child) {
        child.stderr!.on('data', () => {
          // The first note comes before the lock is taken, the second after.
          if (second || !existsSync(join(folder, 'shared', 'run.json'))) return;
          second = scorebridge(folder, long).then(({ code, stdout, stderr }) => {
            expect([code, stdout], stderr).toEqual([1, '']);
            expect(errorOf(stderr)).toMatch(
              new RegExp(`^scorebridge: Another trainer is at work in shared \\(process ${child.pid} on `),
            );
            child.kill('SIGCONT');
          });
          // Stopped, so that it has not finished before the other one comes.
          child.kill('SIGSTOP');
        });
      },
    });
    await second!;
    expect(first.code, first.stderr).toBe(0);
    await expectUnharmed('shared');
  });
});
