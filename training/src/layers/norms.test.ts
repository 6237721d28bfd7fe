import { normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { ParameterScope } from '../models/parameter-scope.js';
import { groupNorm } from './group-norm.js';
import { layerNorm } from './layer-norm.js';

const seed = 3;
const [B, side, C, G] = [2, 3, 6, 2];
const x = normals(new Float32Array(B * side * side * C), { seed }).map((z) => 3 * z + 1);
const scale = normals(new Float32Array(C), { seed, sample: 1 });
const offset = normals(new Float32Array(C), { seed, sample: 2 });

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** (x - mean) / sqrt(variance + 1e-5) among the elements that share a group, in float64. */
function normalised(groupOf: (i: number) => number): number[] {
  return Array.from(x, (value, i) => {
    const group = Array.from(x).filter((_, j) => groupOf(j) === groupOf(i));
    const mean = group.reduce((a, b) => a + b, 0) / group.length;
    const variance = group.reduce((a, b) => a + (b - mean) ** 2, 0) / group.length;
    return ((value - mean) / Math.sqrt(variance + 1e-5)) * scale[i % C]! + offset[i % C]!;
  });
}

function expectClose(actual: tf.Tensor, expected: number[]) {
  actual
    .dataSync()
    .forEach((value, i) =>
      expect(Math.abs(value - expected[i]!), `element ${i}, seed ${seed}`).toBeLessThan(2e-6),
    );
}

test('group norm normalises each sample and group of channels', () => {
  const norm = groupNorm(new ParameterScope().at('n'), { channels: C, groups: G });
  const p = { 'n/scale': tf.tensor1d(scale), 'n/offset': tf.tensor1d(offset) };
  const group = (i: number) => Math.floor(i / (side * side * C)) * G + Math.floor((i % C) / (C / G));
  expectClose(norm(p, tf.tensor4d(x, [B, side, side, C])), normalised(group));
});

test('layer norm normalises each row', () => {
  const norm = layerNorm(new ParameterScope().at('n'), { width: C });
  const p = { 'n/scale': tf.tensor1d(scale), 'n/offset': tf.tensor1d(offset) };
  expectClose(
    norm(p, tf.tensor4d(x, [B, side, side, C])),
    normalised((i) => Math.floor(i / C)),
  );
});

test('groups that do not divide the channels are refused', () => {
  expect(() => groupNorm(new ParameterScope(), { channels: 6, groups: 4 })).toThrow(
    /6 channels into 4 groups/,
  );
});
