import { exportFunction } from '@scorebridge/export';
import * as tf from '@tensorflow/tfjs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { scorebridge } from './support/command.js';
import { expectRefused } from './support/expect-refused.js';
import { modelsFolder } from './support/models-folder.js';
import { writeSegmentDigits } from './support/segment-digits.js';
import { segmentsModel, sevenSegments } from './support/tiny-models.js';

const args = [
  ...['evaluate', 'model.onnx', '--judge', 'judge.onnx', '--data', 'mnist'],
  ...['--count', '20', '--steps', '5'],
];
let folder: string;

// Seven-segment digits as data, and a judge that compares with them: its logits are the products with each digit.
beforeAll(async () => {
  folder = await modelsFolder();
  await writeSegmentDigits(join(folder, 'mnist'));
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
  await writeFile(join(folder, 'fashion.onnx'), segmentsModel('Fashion-MNIST'));
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

test.each([
  ['a judge that is not there', ['--judge', 'missing.onnx'], 'no judge at missing.onnx'],
  ['a judge that is none', ['--judge', 'model.onnx'], 'is not a judge'],
  ['data that is not there', ['--data', 'nowhere'], 'nowhere'],
  ['a single sample', ['--count', '1'], 'at least two samples'],
  ['an energy that is not there', ['--sampler', 'hamiltonian'], 'hamiltonian needs a model with an energy'],
])('%s: refused in one line', (_, more, sentence) => expectRefused(folder, [...args, ...more], sentence));

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
