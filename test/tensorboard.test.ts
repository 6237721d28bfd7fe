import { EventFile } from '@scorebridge/training';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeDigits } from './support/digits.js';
import { whyNoPython } from './support/python.js';
import { installTensorBoard } from './support/tensorboard.js';

const why = whyNoPython();
if (why !== undefined) console.warn(`TENSORBOARD TESTS SKIPPED: ${why}.`);

describe.skipIf(why !== undefined)('TensorBoard itself', () => {
  let folder: string;
  let readByTensorBoard: Awaited<ReturnType<typeof installTensorBoard>>;
  beforeAll(async () => {
    readByTensorBoard = await installTensorBoard();
    folder = await mkdtemp(join(tmpdir(), 'scorebridge-tensorboard-'));
  });

  const image = (byte: number) =>
    ({ png: new Uint8Array(200).fill(byte), width: 5, height: 3, channels: 3 }) as const;
  const base64 = (byte: number) => Buffer.from(image(byte).png).toString('base64');

  test('reads several starts of one run: an event cut off, and what a resumed run has done again', async () => {
    const dir = join(folder, 'starts');
    const first = await EventFile.open(dir, 0);
    for (let step = 1; step <= 5; step++) {
      await first.scalars(step, { loss: 1 / step, rate: step - 3 });
      if (step % 2 === 0) await first.image(step, 'samples', image(step));
    }
    await first.close();
    const [path] = (await readdir(dir)).map((name) => join(dir, name));
    await truncate(path!, (await readFile(path!)).length - 7);
    const cut = await readByTensorBoard(dir);
    expect(cut.scalars.rate).toEqual([1, 2, 3, 4].map((step) => [step, step - 3]));

    // From step 3 on again: its own line stays, that of step 4 and the image of step 4 are done anew.
    const second = await EventFile.open(dir, 3);
    for (let step = 4; step <= 6; step++) await second.scalars(step, { loss: 100 + step, rate: 0 });
    await second.image(6, 'samples', image(106));
    await second.close();
    const third = await EventFile.open(dir, 6);
    await third.scalars(7, { loss: 7 });
    await third.close();

    const { scalars, images, others } = await readByTensorBoard(dir);
    expect(others).toEqual([]);
    const losses = [1, 1 / 2, 1 / 3, 104, 105, 106, 7].map((loss, i) => [i + 1, Math.fround(loss)]);
    expect(scalars).toEqual({
      loss: losses,
      rate: [-2, -1, 0, 0, 0, 0].map((rate, i) => [i + 1, rate]),
    });
    expect(images).toEqual({
      samples: [2, 6].map((step) => ({
        step,
        width: 5,
        height: 3,
        png: base64(step === 6 ? 106 : step),
      })),
    });
  });

  test('reads what `scorebridge train` has logged and drawn', async () => {
    const digits = join(folder, 'digits');
    await writeDigits(digits);
    const executable = fileURLToPath(new URL('../training/bin/scorebridge.js', import.meta.url));
    const options = {
      'network.base': 16,
      'network.attention': '[]',
      logEvery: 2,
      sampleEvery: 3,
      sampleCount: 2,
      validation: 4,
      evaluateEvery: 5,
    };
    const settings = Object.entries(options).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const size = ['--steps', '7', '--batch', '4', '--threads', '1'];
    const args = ['train', 'quickstart', '--data', digits, '--out', 'run', ...size, ...settings];
    await promisify(execFile)(process.execPath, [executable, ...args], { cwd: folder });

    const run = join(folder, 'run');
    const log = (await readFile(join(run, 'log.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, number>);
    const steps = log.filter(({ loss }) => loss !== undefined);
    const evaluations = log.filter(({ validation }) => validation !== undefined);
    expect(steps.map(({ step }) => step)).toEqual([2, 4, 6, 7]);
    expect(evaluations.map(({ step }) => step)).toEqual([5, 7]);
    const { scalars, images } = await readByTensorBoard(join(run, 'tensorboard'));
    const column = (name: string, entries = steps) =>
      entries.map((entry) => [entry.step, Math.fround(entry[name]!)]);
    expect(scalars).toEqual({
      loss: column('loss'),
      gradient_norm: column('gradNorm'),
      learning_rate: column('lr'),
      images_per_second: column('imagesPerSecond'),
      validation_loss: column('validation', evaluations),
    });

    const pictures = (await readdir(join(run, 'samples'))).sort();
    expect(pictures).toEqual(['step-00000003.png', 'step-00000006.png', 'step-00000007.png']);
    const expected = await Promise.all(
      pictures.map(async (name, i) => {
        const png = await readFile(join(run, 'samples', name));
        // The size is where the PNG says it.
        const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
        return { step: [3, 6, 7][i], width, height, png: png.toString('base64') };
      }),
    );
    expect(images).toEqual({ samples: expected });
  });
});
