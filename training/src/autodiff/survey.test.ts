import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { kernelCases, opCases } from '../testing/second-derivative-cases.js';
import { secondDerivativeTable } from '../testing/second-derivative-table.js';
import { programs, survey, surveyThird, surveyBackend, SURVEY_SEED, TOLERANCE } from '../testing/survey.js';
import { registerCorrectedGradients } from './register.js';

await surveyBackend();
registerCorrectedGradients();
const cases = { ...kernelCases, ...opCases };

describe('no second derivative is wrong without an error', () => {
  test.each(Object.entries(cases))('%s', (name, example) => {
    for (const program of programs) {
      const run = () => survey(example, program);
      if (example.corrected === 'throws') {
        expect(run, program).toThrow(new RegExp(name.split(',')[0]!, 'i'));
        continue;
      }
      const { first, second } = run();
      const where = `${program}, seed ${SURVEY_SEED}`;
      expect(first, `first derivative of ${where}`).toBeLessThan(TOLERANCE.first);
      expect(second, `second derivative of ${where}`).toBeLessThan(TOLERANCE.second);
    }
  });
});

const right = Object.entries(cases).filter(([, { corrected = 'right' }]) => corrected === 'right');

test.each(right)('the third derivative of %s, and that nothing is left behind', (_, example) => {
  for (const program of programs) {
    const before = tf.memory().numTensors;
    expect(surveyThird(example, program), `${program}, seed ${SURVEY_SEED}`).toBeLessThan(TOLERANCE.third);
    expect(tf.memory().numTensors, program).toBe(before);
  }
});

/** Kernels whose gradients run only where the gradient of another is differentiated, as it is in that one's case. */
const ofGradients = [
  tf.AvgPoolGrad,
  tf.MaxPoolGrad,
  tf.Conv2DBackpropFilter,
  tf.DepthwiseConv2dNativeBackpropInput,
  tf.DepthwiseConv2dNativeBackpropFilter,
  tf.ResizeBilinearGrad,
  tf.ResizeNearestNeighborGrad,
];

test('every kernel that has a gradient has a case', async () => {
  const path = createRequire(import.meta.url).resolve('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  const registered = [...(await readFile(path, 'utf8')).matchAll(/gradients\/(\w+)_grad'/g)].map(
    ([, name]) => name!,
  );
  expect(registered.length).toBeGreaterThan(100);
  const surveyed = new Set(Object.keys(kernelCases).map((name) => name.split(',')[0]));
  const constants = Object.values(tf as unknown as Record<string, unknown>);
  const known = constants.filter((value): value is string => typeof value === 'string');
  const corrected = known.filter((name) => tf.getGradient(name) !== undefined && !ofGradients.includes(name));
  expect(new Set([...registered, ...corrected])).toEqual(surveyed);
});

test('the op of every case runs the kernel that the case is named for', async () => {
  for (const [name, { operands, f }] of Object.entries(kernelCases)) {
    const { kernelNames } = await tf.profile(() =>
      f(
        ...operands.map(
          ({ shape, low, high }) => tf.fill([...shape] as never, (low + high) / 2) as tf.Tensor4D,
        ),
      ),
    );
    expect(kernelNames, name).toContain(name.split(',')[0]);
  }
});

test('the table of the README is that of the cases', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const section = readme.split('\n## ').find((section) => section.startsWith('Second derivatives'))!;
  const rows = (text: string) =>
    text.split('\n').filter((line) => line.startsWith('| ') && !line.includes('---'));
  // Prettier pads the columns.
  const cells = (text: string) => rows(text).map((row) => row.replace(/ +/g, ' '));
  expect(cells(section)).toEqual(cells(secondDerivativeTable(cases)));
});
