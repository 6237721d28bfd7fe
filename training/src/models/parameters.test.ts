import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  heNormal,
  heUniform,
  leCunNormal,
  leCunUniform,
  normal,
  ones,
  uniform,
  zeros,
  type Initialiser,
} from './initialisers.js';
import { ParameterScope } from './parameter-scope.js';
import { initialise, layout, parameterCount, unpack, type ParameterSpec } from './parameters.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const specs: ParameterSpec[] = [
  { name: 'a/kernel', shape: [2, 3], init: leCunNormal },
  { name: 'a/bias', shape: [3], init: ones },
  { name: 'b/kernel', shape: [2, 2, 1, 2], init: heUniform },
  { name: 'b/scale', shape: [], init: zeros },
];

test('layout, parameterCount and unpack agree about where a parameter lies', () => {
  expect(parameterCount(specs)).toBe(18);
  const flat = Float32Array.from({ length: 18 }, (_, i) => i);
  const p = unpack(tf.tensor1d(flat), specs);
  expect(Object.keys(p)).toEqual(specs.map(({ name }) => name));
  for (const { name, shape, start, size } of layout(specs)) {
    expect(p[name]!.shape).toEqual(shape);
    expect(p[name]!.dataSync()).toEqual(flat.slice(start, start + size));
  }
});

test('the gradient through unpack lands where the parameter lies', () => {
  const gradient = tf.grad((flat) => tf.sum(tf.square(unpack(flat as tf.Tensor1D, specs)['a/bias']!)));
  const expected = Array.from({ length: 18 }, (_, i) => (i >= 6 && i < 9 ? 2 * i : 0));
  expect(Array.from(gradient(tf.range(0, 18)).dataSync())).toEqual(expected);
});

describe('initialise', () => {
  test('gives a parameter numbers that depend on the seed and its place alone', () => {
    const all = initialise(specs, 7);
    expect(initialise(specs, 7)).toEqual(all);
    expect(initialise(specs.slice(0, 3), 7)).toEqual(all.slice(0, 17));
    const other = initialise([{ ...specs[0]!, shape: [2, 5] }, ...specs.slice(1)], 7);
    expect(other.slice(10)).toEqual(all.slice(6));
    expect(initialise(specs, 8).slice(0, 6)).not.toEqual(all.slice(0, 6));
  });

  test('refuses a seed that is not an integer', () => {
    expect(() => initialise(specs, 0.5)).toThrow(/seed/);
  });

  // The fan in of a 5 x 5 window over 16 channels is 400.
  test.each<[string, Initialiser, number, number]>([
    ['normal(0.3)', normal(0.3), 0.3 ** 2, 3],
    ['uniform(0.3)', uniform(0.3), 0.3 ** 2 / 3, 1.8],
    ['leCunNormal', leCunNormal, 1 / 400, 3],
    ['leCunUniform', leCunUniform, 1 / 400, 1.8],
    ['heNormal', heNormal, 2 / 400, 3],
    ['heUniform', heUniform, 2 / 400, 1.8],
  ])('%s has its mean, variance and kurtosis', (_, init, variance, kurtosis) => {
    const values = initialise([{ name: 'w', shape: [5, 5, 16, 100], init }], 2);
    const n = values.length;
    const moment = (k: number) => values.reduce((sum, v) => sum + v ** k, 0) / n;
    // Four standard errors: Var of the k-th moment's mean is at most E x^2k / n, 105 sigma^8 for a normal's fourth.
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(variance / n));
    expect(Math.abs(moment(2) / variance - 1)).toBeLessThan(4 * Math.sqrt((kurtosis - 1) / n));
    expect(Math.abs(moment(4) / variance ** 2 - kurtosis)).toBeLessThan(4 * Math.sqrt(96 / n));
  });
});

describe('a parameter scope', () => {
  test('names parameters after their place', () => {
    const scope = new ParameterScope();
    const read = scope.at('down.0').at('conv1').declare('kernel', [1], ones);
    expect(scope.specs.map(({ name }) => name)).toEqual(['down.0.conv1/kernel']);
    const kernel = tf.tensor1d([4]);
    expect(read({ 'down.0.conv1/kernel': kernel })).toBe(kernel);
  });

  test('refuses a name that is taken', () => {
    const scope = new ParameterScope().at('a');
    scope.declare('kernel', [1], ones);
    expect(() => scope.declare('kernel', [2], ones)).toThrow('a/kernel is declared twice');
  });
});
