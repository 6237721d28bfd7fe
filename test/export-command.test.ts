import { exportSampler } from '@scorebridge/export';
import { createSession, ddim, normals } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { scorebridge } from './support/command.js';
import { expectRefused } from './support/expect-refused.js';
import { modelsFolder, temporaryFolder } from './support/models-folder.js';
import { writeSegmentDigits } from './support/segment-digits.js';
import { sevenSegments } from './support/tiny-models.js';

let folder: string;

beforeAll(async () => {
  folder = await modelsFolder();
});

test.each<[what: string, args: string[], sentence: string]>([
  ['no run to export', ['export', 'nowhere'], 'There is no run or checkpoint nowhere'],
  ['a file that is no checkpoint', ['export', 'text.onnx'], 'text.onnx cannot be used'],
  ['a model to export, and no sampler', ['export', 'model.onnx'], 'made with --sampler'],
  ['steps of no sampler', ['export', 'run', '--steps', '5'], '--steps is for the export of a sampler'],
  ['no such sampler to export', ['export', 'model.onnx', '--sampler', 'dice'], 'annealed-langevin'],
  [
    'a sampler that is no graph',
    ['export', 'energy.onnx', '--sampler', 'mala'],
    'mala cannot be written as a graph',
  ],
  [
    'a likelihood of a sampler',
    ['export', 'model.onnx', '--sampler', 'ddim', '--likelihood'],
    '--likelihood is for the export of a model',
  ],
  [
    'a moving average of a model',
    ['export', 'model.onnx', '--sampler', 'ddim', '--raw'],
    '--raw is for a run, and model.onnx is a model',
  ],
  [
    'a sampler in the place of its model',
    ['export', 'model.onnx', '--sampler', 'ddim', '--out', 'model.onnx'],
    'name another file for the sampler',
  ],
  [
    'a seed of noise that is an input',
    ['export', 'model.onnx', '--sampler', 'ddim', '--seed', '1'],
    'A seed is for noise inside',
  ],
  ['a sampler of a sampler', ['export', 'whole.onnx', '--sampler', 'ddim'], 'is a whole sampler'],
])('refused in one line: %s', (_, args, sentence) => expectRefused(folder, args, sentence));

test.each([
  ['Loop', []],
  ['unrolled', ['--unrolled']],
])('export --sampler: a file that draws the digits asked for in one call, %s', async (_, form) => {
  const here = await temporaryFolder();
  const args = ['export', join(folder, 'model.onnx'), '--sampler', 'ddpm', '--steps', '4', ...form];
  const { code, stdout, stderr } = await scorebridge(here, [...args, '--noise', 'inside']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^sampler\.onnx: .* under ddpm, 4 network calls, \d+ nodes, [\d.]+ MB\n$/);
  expect(await readdir(here)).toEqual(['sampler.onnx']);
  const { session } = await createSession(join(here, 'sampler.onnx'), { provider: 'cpu' });
  const { samples } = await session.run({ label: new Tensor('int32', Int32Array.of(3, 7), [2]) });
  await session.release();
  const drawn = samples!.data as Float32Array;
  const pictures = [3, 7].flatMap((digit) => [...sevenSegments(digit)]);
  expect(Math.max(...pictures.map((pixel, i) => Math.abs(pixel - drawn[i]!)))).toBeLessThan(0.02);
});

/** Expects v'J of a model of labelled digits, along a direction d, to be how v'prediction changes along d. */
async function expectVjp(path: string): Promise<void> {
  const { session } = await createSession(await readFile(path), { provider: 'cpu' });
  const [x, v, d] = [0, 1, 2].map((sample) => normals(new Float32Array(784), { seed: 7, sample }));
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
  const image = (values: Float32Array) => new Tensor('float32', values, [1, 28, 28, 1]);
  const at = (h: number) =>
    session.run({
      x: image(x!.map((value, i) => value + h * d![i]!)),
      level: new Tensor('float32', [300], [1]),
      label: new Tensor('int32', [3], [1]),
      v: image(v!),
    });
  const [middle, plus, minus] = [await at(0), await at(0.01), await at(-0.01)];
  await session.release();
  const predicted = (outputs: typeof middle) => dot(outputs.prediction!.data as Float32Array, v!);
  const difference = (predicted(plus) - predicted(minus)) / 0.02;
  const along = dot(middle.vjp!.data as Float32Array, d!);
  expect(Math.abs(difference)).toBeGreaterThan(0.01);
  expect(Math.abs(along / difference - 1), 'seed 7').toBeLessThan(0.01);
}

test('train, export and sample, in a row', async () => {
  const here = await temporaryFolder();
  const small = ['--set', 'network.base=16', '--set', 'network.attention=[]', '--steps', '2', '--batch', '4'];
  await writeSegmentDigits(join(folder, 'mnist'));
  const data = ['--data', join(folder, 'mnist'), '--json'];
  const trained = await scorebridge(here, ['train', 'quickstart', '--out', 'run', ...small, ...data]);
  expect(trained.code, trained.stderr).toBe(0);
  expect(JSON.parse(trained.stdout)).toMatchObject({ run: 'run', steps: 2, engine: 'compiled' });
  const exported = await scorebridge(here, [
    'export',
    'run',
    '--out',
    'model.onnx',
    '--likelihood',
    '--json',
  ]);
  expect([exported.code, exported.stderr]).toEqual([0, '']);
  expect(JSON.parse(exported.stdout)).toMatchObject({
    model: 'model.onnx',
    name: 'quickstart',
    step: 2,
    raw: false,
  });
  await expectVjp(join(here, 'model.vjp.onnx'));
  const whole = ['export', 'run', '--sampler', 'ddim', '--steps', '3', '--guidance', '0.5', '--json'];
  const wholly = await scorebridge(here, whole);
  expect([wholly.code, wholly.stderr]).toEqual([0, '']);
  const info = { file: 'sampler.onnx', name: 'quickstart', sampler: 'ddim', calls: 3, guidance: 0.5 };
  expect(JSON.parse(wholly.stdout)).toMatchObject(info);
  const model = await readFile(join(here, 'model.onnx'));
  const same = await exportSampler(model, ddim(), { steps: 3, guidance: 0.5 });
  expect(Buffer.from(same.model).equals(await readFile(join(here, 'sampler.onnx')))).toBe(true);
  const sampled = await scorebridge(here, [
    'sample',
    'model.onnx',
    '--label',
    '3',
    '--count',
    '2',
    '--guidance',
    '0.5',
  ]);
  expect(sampled.code, sampled.stderr).toBe(0);
  expect((await readdir(here)).sort()).toEqual([
    'model.onnx',
    'model.vjp.onnx',
    'run',
    'sampler.onnx',
    'samples.png',
  ]);
});
