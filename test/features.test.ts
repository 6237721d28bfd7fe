import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { examples } from '../export/src/testing/examples/index.js';
import { kernelsWithRule } from '../export/src/trace/kernels/index.js';
import { exported, operatorsOf } from './features/measure-cpu.js';
import { FEATURES, readMeasured, versions } from './features/measured.js';
import { featuresTable } from './features/table.js';

// What runs no session; `npm run features -w export -- --check`, which CI runs, works out all that is known of the CPU.

const measured = await readMeasured();

test('FEATURES.md is up to date (npm run features -w export)', async () => {
  expect(await readFile(FEATURES, 'utf8')).toBe(featuresTable(measured));
});

test('every kernel was measured, with the versions that are installed, in all of its uses', () => {
  const { tfjs, onnxruntime, kernels } = measured;
  expect({ tfjs, onnxruntime }).toEqual(versions);
  expect(Object.keys(kernels).sort()).toEqual([...kernelsWithRule].sort());
  for (const [kernel, lines] of examples) expect(kernels[kernel]!.webgpu.uses, kernel).toBe(lines.length);
});

test('the operators, types and symbolic sizes of every use are as they were measured', async () => {
  await tf.setBackend('cpu');
  for (const [kernel, lines] of examples) {
    const known = measured.kernels[kernel]!;
    const traced = lines.map((line) => exported(kernel, line));
    const operators = new Set(traced.flatMap(({ graph }) => operatorsOf(kernel, graph)));
    expect([...operators].sort(), kernel).toEqual(known.operators);
    expect(
      traced.some(({ symbolic }) => symbolic),
      kernel,
    ).toBe(known.symbolic);
    for (const types of traced.flatMap(({ types }) => types))
      for (const [name, type] of Object.entries(types)) expect(known.types[name], kernel).toContain(type);
  }
});
