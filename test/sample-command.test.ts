import { saveOnnx } from '@scorebridge/export';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { scorebridge } from './support/command.js';
import { expectRefused } from './support/expect-refused.js';
import { modelsFolder, temporaryFolder } from './support/models-folder.js';
import { segmentsBesideWeights, sevenSegments } from './support/tiny-models.js';

let folder: string;

beforeAll(async () => {
  folder = await modelsFolder();
});

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
  ['a guide and no guidance', ['sample', 'model.onnx', '--guide', 'faint.onnx'], 'such as --guidance 1'],
  [
    'a guide of something else',
    ['sample', 'model.onnx', '--guide', 'energy.onnx', '--guidance', '1'],
    'The guide cannot lead this model',
  ],
  [
    'no such guide',
    ['sample', 'model.onnx', '--guide', 'missing.onnx', '--guidance', '1'],
    'Cannot read the model missing.onnx',
  ],
  ['a provider that is not there', ['sample', 'model.onnx', '--provider', 'cuda'], "'cuda' is not available"],
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
  ['a sampler to sample from', ['sample', 'whole.onnx'], 'is a whole sampler'],
])('refused in one line: %s', (_, args, sentence) => expectRefused(folder, args, sentence));

test('the digits asked for, as pictures and as numbers', async () => {
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
  const here = await temporaryFolder();
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
  const samples = numbersOf(npy);
  expect(samples.length).toBe(4 * 784);
  [7, 2, 7, 2].forEach((digit, i) => {
    const picture = sevenSegments(digit);
    const error = Math.max(...picture.map((value, j) => Math.abs(value - samples[i * 784 + j]!)));
    expect(error, `sample ${i}, digit ${digit}`).toBeLessThan(1e-3);
  });
});

test('led away from another model: (1 + w) of what the one draws, less w of what the other does', async () => {
  const here = await temporaryFolder();
  const guide = join(folder, 'model.onnx');
  // At half the contrast, and away from the whole: within the range of values, which samplers clip to.
  const args = ['sample', join(folder, 'faint.onnx'), '--guide', guide, '--guidance', '0.25', '--json'];
  const options = ['--count', '2', '--steps', '5', '--label', '7,2', '--npy', 'x.npy'];
  const { code, stdout, stderr } = await scorebridge(here, [...args, ...options]);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ guidance: 0.25, guide });
  const samples = numbersOf(await readFile(join(here, 'x.npy')));
  const contrast = 1.25 * 0.5 - 0.25;
  [7, 2].forEach((digit, i) => {
    const error = sevenSegments(digit).map((value, j) => Math.abs(contrast * value - samples[i * 784 + j]!));
    expect(Math.max(...error), `digit ${digit}`).toBeLessThan(1e-3);
  });
});

test('a model whose weights stand in a file beside it', async () => {
  const here = await temporaryFolder();
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

test('an energy model by the samplers that accept or reject, with their acceptance', async () => {
  const here = await temporaryFolder();
  const sample = (...args: string[]) =>
    scorebridge(here, ['sample', join(folder, 'energy.onnx'), '--count', '4', ...args]);
  const mala = ['--sampler', 'mala', '--eps', '0.06', '--steps', '150', '--npy', 'x.npy'];
  const { code, stdout, stderr } = await sample(...mala, '--json');
  expect(code, stderr).toBe(0);
  const { sampler, steps, acceptance } = JSON.parse(stdout) as Record<string, number>;
  expect([sampler, steps]).toEqual(['mala', 150]);
  expect(acceptance).toBeGreaterThan(0.3);
  expect(acceptance).toBeLessThan(1);
  const pixels = [...numbersOf(await readFile(join(here, 'x.npy')))];
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

test('names samples.png where nothing is named; words without --json', async () => {
  const here = await temporaryFolder();
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

test('Ctrl-C: exit code 130, nothing written', async () => {
  const here = await temporaryFolder();
  const args = ['sample', join(folder, 'model.onnx'), '--count', '5000', '--steps', '1000'];
  const { code, stdout, stderr } = await scorebridge(here, args, { interruptOn: 'ddpm on' });
  expect([code, stdout]).toEqual([130, '']);
  expect(stderr).toContain('interrupted');
  expect(await readdir(here)).toEqual([]);
});

/** What a file of float32 for NumPy holds. */
function numbersOf(npy: Buffer): Float32Array {
  return new Float32Array(npy.buffer.slice(npy.byteOffset + 128, npy.byteOffset + npy.length));
}
