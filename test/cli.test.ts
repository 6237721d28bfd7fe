import { exportFunction, exportSampler, saveOnnx } from '@scorebridge/export';
import { cosineBetas, createSession, ddim, normals, posteriorLogVariances } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import type { BitsPerDim } from '@scorebridge/training';
import * as tf from '@tensorflow/tfjs';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { scorebridge } from './support/command.js';
import { energyOfGrey, segmentsBesideWeights, segmentsModel, sevenSegments } from './support/tiny-models.js';

const ncsn = new URL('../web-demo/public/models/mnist-ncsn.onnx', import.meta.url);
/** The integral of f from a to b. */
function simpson(f: (z: number) => number, a: number, b: number, n = 100): number {
  const h = (b - a) / n;
  const weight = (i: number) => (i === 0 || i === n ? 1 : i % 2 ? 4 : 2);
  return Array.from({ length: n + 1 }, (_, i) => (weight(i) * f(a + i * h) * h) / 3).reduce(
    (x, y) => x + y,
    0,
  );
}

let folder: string;
let inputs: string[];

beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-cli-'));
  const model = Buffer.from(segmentsModel());
  const noCard = exportFunction(({ x }) => ({ prediction: tf.neg(x!) }), {
    x: { dtype: 'float32', shape: ['batch', 28, 28, 1] },
  });
  await writeFile(join(folder, 'model.onnx'), model);
  await writeFile(join(folder, 'no-card.onnx'), noCard.model);
  await writeFile(join(folder, 'energy.onnx'), energyOfGrey());
  await writeFile(join(folder, 'whole.onnx'), (await exportSampler(model, ddim(), { steps: 2 })).model);
  await writeFile(
    join(folder, 'newer.onnx'),
    Buffer.from(model.toString('latin1').replace('"format":"1.0"', '"format":"9.0"'), 'latin1'),
  );
  await writeFile(join(folder, 'truncated.onnx'), model.subarray(0, model.length / 2));
  await writeFile(join(folder, 'text.onnx'), 'not a model at all');
  await mkdir(join(folder, 'taken.png'));
  inputs = await readdir(folder);
});

describe('bad input: one line on stderr, exit code 1, nothing written', () => {
  test.each<[what: string, args: string[], sentence: string]>([
    ['no steps', ['sample', 'model.onnx', '--steps', '0'], 'whole number of at least 1'],
    ['more steps than the chain has', ['sample', 'model.onnx', '--steps', '1001'], '1001'],
    ['no samples', ['sample', 'model.onnx', '--count', '0'], 'whole number of at least 1'],
    ['a label that is no class', ['sample', 'model.onnx', '--label', '12'], 'Label 12 is not a class'],
    ['a label that is no number', ['sample', 'model.onnx', '--label', 'three'], 'Expected a class'],
    [
      'guidance without a label',
      ['sample', 'model.onnx', '--label', 'none', '--guidance', '1'],
      'needs a label',
    ],
    [
      'a provider that is not there',
      ['sample', 'model.onnx', '--provider', 'cuda'],
      "'cuda' is not available",
    ],
    [
      'a provider that does not exist',
      ['sample', 'model.onnx', '--provider', 'abacus'],
      'auto, cpu, cuda, webgpu',
    ],
    ['a sampler that does not exist', ['sample', 'model.onnx', '--sampler', 'dice'], 'annealed-langevin'],
    ['a step size with ddpm', ['sample', 'model.onnx', '--eps', '1e-5'], 'leave it out with ddpm'],
    [
      'a sampler that needs an energy',
      ['sample', 'model.onnx', '--sampler', 'mala'],
      'The sampler mala needs a model with an energy and this one has none',
    ],
    [
      'leapfrog steps with another sampler',
      ['sample', 'energy.onnx', '--sampler', 'mala', '--leapfrog', '3'],
      '--leapfrog is for the sampler hamiltonian',
    ],
    ['no such file', ['sample', 'missing.onnx'], 'missing.onnx'],
    ['a model without a card', ['sample', 'no-card.onnx'], 'has no card'],
    ['a card of a newer version', ['sample', 'newer.onnx'], 'update @scorebridge/runtime'],
    ['half a model', ['sample', 'truncated.onnx'], 'ONNX'],
    ['a text file', ['sample', 'text.onnx'], 'ONNX'],
    ['a folder in place of a file', ['sample', 'model.onnx', '--out', 'taken.png'], 'it is a folder'],
    ['a file in place of a folder', ['sample', 'model.onnx', '--npy', 'text.onnx/x.npy'], 'is a file'],
    ['a name of another kind', ['sample', 'model.onnx', '--gif', 'x.jpg'], 'ends in .gif'],
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
    ['a sampler to sample from', ['sample', 'whole.onnx'], 'is a whole sampler'],
    ['an unknown option', ['sample', 'model.onnx', '--stps', '5'], '--stps'],
    ['an unknown command', ['smaple', 'model.onnx'], 'smaple'],
  ])('%s', async (_, args, sentence) => {
    const { code, stdout, stderr } = await scorebridge(folder, args);
    expect(stderr).toContain(sentence);
    expect(stderr).toMatch(/^scorebridge: [^\n]+\n$/);
    expect([code, stdout]).toEqual([1, '']);
    expect(await readdir(folder)).toEqual(inputs);
  });

  test('--verbose adds the stack', async () => {
    const { code, stderr } = await scorebridge(folder, ['sample', 'text.onnx', '--verbose']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/\n {4}at /);
  });
});

test.each([
  ['Loop', []],
  ['unrolled', ['--unrolled']],
])('export --sampler: a file that draws the digits asked for in one call, %s', async (_, form) => {
  const here = await mkdtemp(join(tmpdir(), 'scorebridge-cli-'));
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

test('sample: the digits asked for, as pictures and as numbers', async () => {
  const args = [
    'sample',
    join(folder, 'model.onnx'),
    '--json',
    '--count',
    '4',
    '--steps',
    '5',
    '--label',
    '7,2',
  ];
  const outputs = [
    '--out',
    'grid.png',
    '--strip',
    'a/strip.png',
    '--gif',
    'x.gif',
    '--webp',
    'x.webp',
    '--npy',
    'x.npy',
  ];
  const here = await mkdtemp(join(tmpdir(), 'scorebridge-cli-'));
  const { code, stdout, stderr } = await scorebridge(here, [...args, ...outputs]);
  expect([code, stderr.split('\n').length]).toEqual([0, 2]);
  expect(JSON.parse(stdout)).toMatchObject({
    sampler: 'ddpm',
    steps: 5,
    count: 4,
    labels: [7, 2, 7, 2],
    files: { grid: 'grid.png', strip: 'a/strip.png', gif: 'x.gif', webp: 'x.webp', npy: 'x.npy' },
  });
  expect((await readdir(here, { recursive: true })).sort()).toEqual(
    ['a', 'a/strip.png', 'grid.png', 'x.gif', 'x.npy', 'x.webp'].map((path) => join(path)),
  );
  const npy = await readFile(join(here, 'x.npy'));
  expect(npy.toString('latin1', 0, 128)).toContain("'shape': (4, 28, 28, 1)");
  const samples = new Float32Array(npy.buffer.slice(npy.byteOffset + 128, npy.byteOffset + npy.length));
  expect(samples.length).toBe(4 * 784);
  [7, 2, 7, 2].forEach((digit, i) => {
    const picture = sevenSegments(digit);
    const error = Math.max(...picture.map((value, j) => Math.abs(value - samples[i * 784 + j]!)));
    expect(error, `sample ${i}, digit ${digit}`).toBeLessThan(1e-3);
  });
});

test('sample: a model whose weights stand in a file beside it', async () => {
  const here = await mkdtemp(join(tmpdir(), 'scorebridge-weights-'));
  const written = segmentsBesideWeights('beside.onnx.data');
  expect(written.external.length).toBeGreaterThan(0);
  await saveOnnx(join(here, 'beside.onnx'), written);
  const drawn = async (model: string) => {
    const args = ['sample', model, '--count', '2', '--steps', '3', '--label', '7', '--out', 'grid.png'];
    const { code, stderr } = await scorebridge(here, args);
    expect(code, stderr).toBe(0);
    return readFile(join(here, 'grid.png'));
  };
  expect(await drawn('beside.onnx')).toEqual(await drawn(join(folder, 'model.onnx')));
});

test('sample: an energy model by the samplers that accept or reject, with their acceptance', async () => {
  const here = await mkdtemp(join(tmpdir(), 'scorebridge-cli-'));
  const sample = (...args: string[]) =>
    scorebridge(here, ['sample', join(folder, 'energy.onnx'), '--count', '4', ...args]);
  const mala = ['--sampler', 'mala', '--eps', '0.06', '--steps', '150', '--npy', 'x.npy'];
  const { code, stdout, stderr } = await sample(...mala, '--json');
  expect(code, stderr).toBe(0);
  const { sampler, steps, acceptance } = JSON.parse(stdout) as Record<string, number>;
  expect([sampler, steps]).toEqual(['mala', 150]);
  expect(acceptance).toBeGreaterThan(0.3);
  expect(acceptance).toBeLessThan(1);
  const npy = await readFile(join(here, 'x.npy'));
  const pixels = [...new Float32Array(npy.buffer.slice(npy.byteOffset + 128, npy.byteOffset + npy.length))];
  const mean = pixels.reduce((sum, v) => sum + v, 0) / pixels.length;
  const variance = pixels.reduce((sum, v) => sum + (v - 0.25) ** 2, 0) / pixels.length;
  // At the cleanest level, sigma 0.1, and within 4 standard errors.
  expect(pixels).toHaveLength(4 * 784);
  expect(Math.abs(mean - 0.25)).toBeLessThan(4 * Math.sqrt(0.26 / pixels.length));
  expect(Math.abs(variance / 0.26 - 1)).toBeLessThan(4 * Math.sqrt(2 / pixels.length));

  const words = await sample('--sampler', 'hamiltonian', '--eps', '0.1', '--leapfrog', '4', '--steps', '20');
  expect(words.code, words.stderr).toBe(0);
  expect(words.stdout).toMatch(
    /^4 samples in 20 steps of hamiltonian on cpu, [\d.]+ s\n[\d.]+% of the moves were accepted\n/,
  );
});

test('sample: names samples.png where nothing is named; words without --json', async () => {
  const here = await mkdtemp(join(tmpdir(), 'scorebridge-cli-'));
  const { code, stdout } = await scorebridge(here, [
    'sample',
    join(folder, 'model.onnx'),
    '--steps',
    '2',
    '--count',
    '3',
  ]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^3 samples in 2 steps of ddpm on cpu/);
  expect(await readdir(here)).toEqual(['samples.png']);
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

describe('evaluate', () => {
  const args = [
    'evaluate',
    'model.onnx',
    '--judge',
    'judge.onnx',
    '--data',
    'mnist',
    '--count',
    '20',
    '--steps',
    '5',
  ];

  // Seven-segment digits as data, and a judge that compares with them: its logits are the products with each digit.
  beforeAll(async () => {
    const pictures = Array.from({ length: 10 }, (_, digit) => sevenSegments(digit));
    const templates = tf.tensor2d(pictures.map((p) => [...p])).transpose();
    const judge = exportFunction(
      ({ x }) => {
        const logits = tf.matMul(tf.reshape(tf.sub(tf.mul(x!, 2), 1), [-1, 784]), templates);
        return { logits, features: tf.slice(tf.div(logits, 100), [0, 0], [-1, 3]) };
      },
      { x: { dtype: 'float32', shape: ['batch', 28, 28, 1] } },
    );
    await writeFile(join(folder, 'judge.onnx'), judge.model);
    await mkdir(join(folder, 'mnist'));
    const count = 40;
    const header = (...words: number[]) =>
      Buffer.concat(words.map((word) => Buffer.from(Uint32Array.of(word).buffer).swap32()));
    const pixels = Buffer.from(
      Array.from({ length: count }, (_, i) => [
        ...pictures[Math.floor(i / 4)]!.map((v) => (v + 1) * 127.5),
      ]).flat(),
    );
    const labels = Buffer.from(Array.from({ length: count }, (_, i) => Math.floor(i / 4)));
    for (const part of ['train', 't10k']) {
      await writeFile(
        join(folder, 'mnist', `${part}-images-idx3-ubyte`),
        Buffer.concat([header(2051, count, 28, 28), pixels]),
      );
      await writeFile(
        join(folder, 'mnist', `${part}-labels-idx1-ubyte`),
        Buffer.concat([header(2049, count), labels]),
      );
    }
    await writeFile(join(folder, 'fashion.onnx'), segmentsModel('Fashion-MNIST'));
    inputs = await readdir(folder);
  });

  test('digits that are exact are all recognised, balanced, and as far from the data as the data itself', async () => {
    const { code, stdout, stderr } = await scorebridge(folder, [...args, '--json']);
    expect(stderr).not.toContain('Error');
    expect(code).toBe(0);
    const figures = JSON.parse(stdout) as Record<string, number>;
    expect(figures).toMatchObject({
      count: 20,
      confident: 1,
      rightLabel: 1,
      classCounts: new Array(10).fill(2),
      chiSquare: 0,
      floorCount: 20,
    });
    expect(Math.abs(figures['frechet']! - figures['frechetFloor']!)).toBeLessThan(1e-3);
    const words = await scorebridge(folder, args);
    expect(words.stdout).toMatch(/as the digit asked for\s+100\.0%/);
  });

  test('with --seeds each seed has its own samples, those of --seed, and the spread is that of their figures', async () => {
    const noLabel = [...args, '--label', 'none', '--json'];
    const several = await scorebridge(folder, [...noLabel, '--seeds', '2', '--seed', '3']);
    expect(several.code, several.stderr).toBe(0);
    const { runs, ...summary } = JSON.parse(several.stdout) as {
      runs: { seed: number; frechet: number }[];
    };
    const mean = (runs[0]!.frechet + runs[1]!.frechet) / 2;
    expect(summary).toMatchObject({ count: 20, seeds: 2, frechet: mean });
    expect(summary).not.toHaveProperty('rightLabel');
    expect(runs.map(({ seed }) => seed)).toEqual([3, 4]);
    const alone = await scorebridge(folder, [...noLabel, '--seed', '4']);
    expect(runs[1]!.frechet).toBe((JSON.parse(alone.stdout) as { frechet: number }).frechet);
    expect(runs[0]!.frechet).not.toBe(runs[1]!.frechet);
    const words = await scorebridge(folder, [...args, '--seeds', '2']);
    expect(words.stdout).toMatch(
      /seed +0 +1 +mean \+- deviation\nrecognised .* 100\.0% +100\.0% +100\.0% \+- 0\.0%\n/,
    );
  });

  test('train, export and sample, in a row', async () => {
    const here = await mkdtemp(join(tmpdir(), 'scorebridge-cli-'));
    const small = [
      '--set',
      'network.base=16',
      '--set',
      'network.attention=[]',
      '--steps',
      '2',
      '--batch',
      '4',
    ];
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

  test('--bits-per-dim: of a model that knows its pictures, what the decoder alone leaves open', async () => {
    const bits = ['evaluate', 'model.onnx', '--bits-per-dim', '--data', 'mnist', '--count', '20'];
    const { code, stdout, stderr } = await scorebridge(folder, [...bits, '--steps', '4', '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const found = JSON.parse(stdout) as BitsPerDim & { count: number; labelled: boolean; terms: BitsPerDim };
    expect(found).toMatchObject({ count: 20, labelled: true, steps: 4, variance: 'small' });
    // All pixels are black or white, and known: each has the decoder's mass up to half a bin beyond it.
    const std = Math.exp(posteriorLogVariances(cosineBetas({ T: 1000 }))[1]! / 2);
    const inner = simpson((z) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI), 0, 1 / 255 / std);
    expect(found.terms.decoder).toBeCloseTo(-Math.log2(0.5 + inner), 3);
    expect(found.terms.denoising).toBeLessThan(0.01);
    expect(found.terms.prior).toBeLessThan(0.01);
    expect(found.bitsPerDim).toBeCloseTo(found.terms.decoder, 1);
    expect(found.standardError).toBeLessThan(0.01);

    const words = await scorebridge(folder, [...bits, '--label', 'none', '--variance', 'large']);
    expect(words.code, words.stderr).toBe(0);
    expect(words.stdout).toMatch(/^20 test digits at 20 of 1000 time steps each on cpu/);
    const [, total] = /bits per dimension, at most\s+([\d.]+) \+- [\d.]+\n/.exec(words.stdout)!;
    // Without a label it expects a black picture.
    expect(Number(total)).toBeGreaterThan(10 * found.bitsPerDim);
  });

  test('--likelihood: of an energy model without its product, the closed form', async () => {
    const args = ['evaluate', 'energy.onnx', '--likelihood', '--data', 'mnist', '--json'];
    const { code, stdout, stderr } = await scorebridge(folder, [...args, '--count', '4', '--seeds', '2']);
    expect(code, stderr).toBe(0);
    const found = JSON.parse(stdout) as { bitsPerDim: number };
    expect(found).toMatchObject({
      count: 4,
      labelled: false,
      probes: 1,
      seeds: 2,
      derivative: 'differences',
    });
    expect(stderr).toContain('by central differences');
    // x - 1/4 grows by g along the ODE, which ends at N(0, 1); a byte is spread over a bin of width w.
    const g = Math.sqrt((0.25 + 1) / (0.25 + 0.01));
    const w = 2 / 255;
    const squares = [0, 2, 5, 7].flatMap((digit) =>
      [...sevenSegments(digit)].map((x) => (0.25 + (x - 0.25) * g) ** 2 + (g * w) ** 2 / 12),
    );
    const square = squares.reduce((sum, value) => sum + value / squares.length, 0);
    const nats = square / 2 + Math.log(2 * Math.PI) / 2 - Math.log(g) - Math.log(w);
    expect(Math.abs(found.bitsPerDim - nats / Math.LN2)).toBeLessThan(0.01);
  });

  test.each([
    ['of a ve model', [fileURLToPath(ncsn)], "this one's process is ve"],
    [
      'with a variance that was not learned',
      ['model.onnx', '--variance', 'learned'],
      'asked for the variance that the model has learned, and it has learned none',
    ],
    ['with guidance', ['model.onnx', '--guidance', '1'], 'leave --guidance, --sampler and its options out'],
    ['with several seeds', ['model.onnx', '--seeds', '3'], 'leave --seeds out'],
    ['with probes', ['model.onnx', '--probes', '3'], 'are for --likelihood'],
    ['and --likelihood', ['model.onnx', '--likelihood'], 'ask for one of them'],
    ['with one label for all', ['model.onnx', '--label', '3'], 'each test digit has its own label'],
    ['of one digit', ['model.onnx', '--count', '1'], 'at least two digits'],
    ['at a single time step', ['model.onnx', '--steps', '1'], 'expected an integer from 2 to 1000'],
  ])('--bits-per-dim %s: one line, exit code 1', async (_, more, sentence) => {
    const { code, stdout, stderr } = await scorebridge(folder, [
      ...['evaluate', '--bits-per-dim', '--data', 'mnist'],
      ...more,
    ]);
    expect(stderr).toContain(sentence);
    expect(stderr).toMatch(/^scorebridge: [^\n]+\n$/);
    expect([code, stdout]).toEqual([1, '']);
  });

  test.each([
    ['a judge that is not there', ['--judge', 'missing.onnx'], 'no judge at missing.onnx'],
    ['a judge that is none', ['--judge', 'model.onnx'], 'is not a judge'],
    ['data that is not there', ['--data', 'nowhere'], 'nowhere'],
    ['a single sample', ['--count', '1'], 'at least two samples'],
    ['an energy that is not there', ['--sampler', 'hamiltonian'], 'hamiltonian needs a model with an energy'],
  ])('%s: one line, exit code 1', async (_, more, sentence) => {
    const { code, stdout, stderr } = await scorebridge(folder, [...args, ...more]);
    expect(stderr).toContain(sentence);
    expect(stderr).toMatch(/^scorebridge: [^\n]+\n$/);
    expect([code, stdout]).toEqual([1, '']);
    expect(await readdir(folder)).toEqual(inputs);
  });

  test('the acceptance of each seed, and their mean in words', async () => {
    const energy = [
      ...['evaluate', 'energy.onnx', '--judge', 'judge.onnx', '--data', 'mnist', '--count', '8'],
      ...['--sampler', 'mala', '--eps', '0.1', '--steps', '10', '--seeds', '2'],
    ];
    const json = await scorebridge(folder, [...energy, '--json']);
    expect(json.code, json.stderr).toBe(0);
    const { runs } = JSON.parse(json.stdout) as { runs: { acceptance: number }[] };
    const [a, b] = runs.map(({ acceptance }) => acceptance);
    expect(a).not.toBe(b);
    const words = await scorebridge(folder, energy);
    expect(words.stdout).toContain(`\n${(50 * (a! + b!)).toFixed(1)}% of the moves were accepted\n`);
  });

  test('what is no digit is not judged by the judge of digits', async () => {
    const fashion = ['evaluate', 'fashion.onnx', '--data', 'mnist', '--count', '20', '--steps', '5'];
    const refused = await scorebridge(folder, fashion);
    expect(refused.stderr).toMatch(/^scorebridge: .* knows digits; the model draws Fashion-MNIST: [^\n]+\n$/);
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    const judged = await scorebridge(folder, [...fashion, '--judge', 'judge.onnx']);
    expect(judged.code, judged.stderr).toBe(0);
  });
});

test('Ctrl-C: exit code 130, nothing written', async () => {
  const here = await mkdtemp(join(tmpdir(), 'scorebridge-cli-'));
  const args = ['sample', join(folder, 'model.onnx'), '--count', '5000', '--steps', '1000'];
  const { code, stdout, stderr } = await scorebridge(here, args, { interruptOn: 'ddpm on' });
  expect([code, stdout]).toEqual([130, '']);
  expect(stderr).toContain('interrupted');
  expect(await readdir(here)).toEqual([]);
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
