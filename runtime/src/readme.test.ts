import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { FLOAT, intAttribute, node, onnxFile, value } from './testing/onnx-file.js';
import { tinyModel } from './testing/tiny-model.js';

// Inside the repository, where an example finds the package that it imports.
const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));
const INT64 = 7;
let folder: string;
let readme: string;

beforeAll(async () => {
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, 'readme-'));
  readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  await writeFile(join(folder, 'mnist.onnx'), tinyModel({ labelled: true }));
  await writeFile(join(folder, 'unet.onnx'), conditionalUnet());
});
afterAll(() => rm(folder, { recursive: true }));

/** A graph with the inputs and outputs of a conditional U-Net of diffusers: sample + timestep + mean of the embedding. */
function conditionalUnet(): Uint8Array {
  const image = ['batch', 4, 8, 8];
  return onnxFile({
    inputs: [
      value('sample', FLOAT, image),
      value('timestep', INT64, ['batch']),
      value('encoder_hidden_states', FLOAT, ['batch', 77, 768]),
    ],
    outputs: [value('out_sample', FLOAT, image)],
    nodes: [
      node('Cast', ['timestep'], ['time'], [intAttribute('to', FLOAT)]),
      node('ReduceMean', ['time'], ['meanTime'], [intAttribute('keepdims', 0)]),
      node('ReduceMean', ['encoder_hidden_states'], ['meaning'], [intAttribute('keepdims', 0)]),
      node('Add', ['meanTime', 'meaning'], ['condition']),
      node('Add', ['sample', 'condition'], ['out_sample']),
    ],
  });
}

/** Runs the README's example of that name as it stands, but for the path of the model; returns what it prints. */
async function example(name: string): Promise<string[]> {
  const [, code] = readme.split(`<!-- test: ${name} -->`)[1]!.match(/```ts\n(.*?)```/s)!;
  const path = join(folder, `${name.replaceAll(' ', '-')}.ts`);
  await writeFile(
    path,
    code!.replace(/'(\w+\.onnx)'/, (_, file: string) => JSON.stringify(join(folder, file))),
  );
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    await import(path);
    return log.mock.calls.map((call) => call.join(' '));
  } finally {
    log.mockRestore();
  }
}

test('the example with a model runs', async () => {
  const lines = await example('model');
  expect(lines[0]).toMatch(/^tiny on (cpu|cuda): /);
  expect(lines).toHaveLength(1 + 601 + 1);
  expect(lines.at(-2)).toMatch(/^step 601 of 601, level 0.1: /);
  expect(lines.at(-1)).toBe('4,2,3 24');
});

test('the example with a model from elsewhere runs', async () => {
  expect(await example('model from elsewhere')).toEqual(['2,4,8,8 512']);
});

test(
  'the example with an energy runs, and its variances are those that are said',
  { tags: ['long'] },
  async () => {
    const lines = (await example('energy')).map((line) =>
      /^(.*): variance (.*), acceptance (.*)$/.exec(line)!,
    );
    expect(lines.map(([, name]) => name)).toEqual(['langevin', 'mala', 'hamiltonian']);
    // Within 4 standard errors of 4,000 samples.
    lines.forEach(([, , variance], i) => {
      expect(Math.abs(Number(variance) / [1.6, 1, 1][i]! - 1)).toBeLessThan(4 * Math.sqrt(2 / 4000));
    });
    expect(lines.map(([, , , acceptance]) => Number(acceptance) > 0.3)).toEqual([false, true, true]);
  },
);

test('the example of noise levels runs', async () => {
  const [levels, steps] = await example('ladder');
  const [, L] = /^sigma \d+\.\d to 0\.01, L (\d+), eps \d\.\de-\d$/.exec(levels!)!;
  expect(Number(steps)).toBe(5 * Number(L) + 1);
});

test('the example with a closed form runs, and has the mean of the Gaussian', async () => {
  expect(await example('closed form')).toEqual([expect.stringMatching(/^mean (2\.9[6-9]|3\.0[0-4])$/)]);
});

test('the example of tasks runs: what is known is kept, little strength changes little, and back is where it began', async () => {
  const [kept, near, back] = await example('tasks');
  expect(kept).toMatch(/^kept 1.5, filled in -?\d\.\d$/);
  const numbers = (line: string) => line.split(': ')[1]!.split(', ').map(Number);
  numbers(near!).forEach((value, i) => expect(Math.abs(value - [1.5, -0.5][i]!)).toBeLessThan(1));
  expect(numbers(back!)).toEqual([1.5, -0.5]);
});

test('the example of a likelihood runs, and says what its comment does', async () => {
  expect(await example('likelihood')).toEqual(['log p = -2.463']);
});

test('the example of a weaker model runs, and says what its comment does', async () => {
  expect(await example('autoguided')).toEqual(['1.000']);
});
