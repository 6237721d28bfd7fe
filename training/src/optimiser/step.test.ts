import { linearBetas, normals } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { beforeAll, describe, expect, test } from 'vitest';
import { mlp } from '../models/mlp.js';
import type { Network } from '../models/network.js';
import { initialise, layout, unpack } from '../models/parameters.js';
import { unet } from '../models/unet.js';
import { eps } from '../objectives/eps.js';
import type { Objective } from '../objectives/objective.js';
import type { HostTensor } from '../objectives/objective.js';
import { v } from '../objectives/v.js';
import { withDropout } from '../objectives/with-dropout.js';
import type { OptimiserOptions } from './optimiser-options.js';
import { stepScalars, trainingStep } from './step.js';
import type { StepFunction } from './step-function.js';
import { initialState, type TrainingState } from './training-state.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const seed = 31;

const onDevice = (inputs: Record<string, HostTensor>): Record<string, tf.Tensor> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { data, dims, type }]) => [
      name,
      tf.tensor(data as Float32Array, [...dims], type === 'int32' ? 'int32' : 'float32'),
    ]),
  );

const variables = (state: TrainingState) =>
  Object.fromEntries(Object.entries(state).map(([name, data]) => [name, tf.variable(tf.tensor1d(data))]));

/** Runs a step as an engine does and returns its scalars. */
const run = (step: StepFunction, state: Record<string, tf.Variable>, inputs: Record<string, HostTensor>) =>
  tf.tidy(() => {
    const scalars = step(state, onDevice(inputs));
    return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, value.dataSync()[0]!]));
  });

/** Fresh parameters, moved so that none is zero. */
const moved = (network: Network) => {
  const flat = initialise(network.specs, seed);
  return normals(new Float32Array(flat.length), { seed }).map((z, i) => flat[i]! + 0.1 * z);
};

describe('on a small U-Net with attention, classes and dropout', { tags: ['long'] }, () => {
  const network = unet({
    shape: [4, 4, 1],
    base: 8,
    groups: 4,
    attention: [2],
    classes: 3,
    dropout: 0.2,
  });
  const objective: Objective = withDropout(v({ betas: linearBetas(), classes: 3 }), network);
  const B = 3;
  const batch = {
    x: new Tensor('float32', normals(new Float32Array(B * 16), { seed, sample: 1 }), [B, 4, 4, 1]),
    label: new Tensor('int32', Int32Array.of(0, 1, 2), [B]),
  };
  const inputs = objective.draw(batch, { seed, step: 1 });
  const start = moved(network);
  const loss = (flat: tf.Tensor) => {
    const given = onDevice(inputs);
    const p = unpack(flat as tf.Tensor1D, network.specs);
    const dropout = (site: string) => given[`dropout/${site}`]!;
    return objective.loss((x, level, label) => network.apply(p, x, level, label, { dropout }), given);
  };

  test('the gradient of the loss agrees with finite differences', () => {
    const gradient = tf.grad(loss)(tf.tensor1d(start)).dataSync();
    const at = (flat: Float32Array) => tf.tidy(() => loss(tf.tensor1d(flat)).dataSync()[0]!);
    const h = 4e-3;
    /** The slope along a direction: fourth order, so that h can be large beside the rounding of a float32 loss. */
    const slope = (direction: (i: number) => number) => {
      const f = (k: number) => at(start.map((w, i) => w + k * h * direction(i)));
      return (8 * (f(1) - f(-1)) - (f(2) - f(-2))) / (12 * h);
    };
    const total = Math.hypot(...gradient);
    // Along the gradient itself, where its size shows; and along the part of it that each kind of layer owns.
    expect(Math.abs(slope((i) => gradient[i]! / total) / total - 1), `seed ${seed}`).toBeLessThan(2e-3);
    for (const part of [
      'stem',
      'time.0',
      'label',
      'conv1',
      'embedding/',
      'norm2',
      'skip',
      'qkv',
      'upsample',
      'out.conv',
    ]) {
      const mine = new Float32Array(start.length);
      for (const { name, start: from, size } of layout(network.specs))
        if (name.includes(part)) mine.set(gradient.slice(from, from + size), from);
      const norm = Math.hypot(...mine);
      expect(norm, `gradient of ${part}`).toBeGreaterThan(1e-3);
      expect(Math.abs(slope((i) => mine[i]! / norm) - norm), `${part}, seed ${seed}`).toBeLessThan(
        1e-2 * norm + 1e-4,
      );
    }
  });

  test('the step clips, decays what is to decay, and updates the four vectors', () => {
    const [learningRate, weightDecay, clipNorm, emaDecay] = [0.01, 0.5, 0.05, 0.9];
    const options = { weightDecay, clipNorm, emaDecay };
    const state = variables(initialState(start.slice()));
    const scalars = run(trainingStep(network, objective, options), state, {
      ...inputs,
      ...stepScalars(1, learningRate, options),
    });
    const gradient = tf.grad(loss)(tf.tensor1d(start)).dataSync();
    const norm = Math.hypot(...gradient);
    expect(norm).toBeGreaterThan(clipNorm);
    expect(scalars.loss).toBeCloseTo(
      tf.tidy(() => loss(tf.tensor1d(start)).dataSync()[0]!),
      6,
    );
    expect(scalars.gradNorm! / norm).toBeCloseTo(1, 5);
    const read = (name: string) => state[name]!.dataSync();
    const [w, m, s, average] = ['parameters', 'first_moment', 'second_moment', 'ema'].map(read) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (const { shape, start: from, size, name } of layout(network.specs))
      for (let i = from; i < from + size; i++) {
        const g = (gradient[i]! * clipNorm) / norm;
        const decay = shape.length > 1 ? weightDecay : 0;
        const expected = start[i]! - learningRate * (g / (Math.abs(g) + 1e-8) + decay * start[i]!);
        const what = `${name}[${i - from}]`;
        expect(Math.abs(w[i]! - expected), what).toBeLessThan(1e-5);
        expect(Math.abs(m[i]! - 0.1 * g), what).toBeLessThan(1e-5 * clipNorm);
        expect(Math.abs(s[i]! - 0.001 * g * g), what).toBeLessThan(1e-6 * clipNorm ** 2);
        // The decay of the first step is 2 / 11.
        expect(Math.abs(average[i]! - (start[i]! * 2 + expected * 9) / 11), what).toBeLessThan(1e-5);
      }
  });

  test('further averages are kept beside the first, each with its own half-life', () => {
    const averages = { ema_a: 2, ema_b: 0.5 } as const;
    const options = { averages, emaDecay: 0.9 };
    const plain = variables(initialState(start.slice()));
    const state = variables(initialState(start.slice(), options));
    const step = trainingStep(network, objective, options);
    const expected = { ema_a: Float64Array.from(start), ema_b: Float64Array.from(start) };
    for (const k of [1, 41, 42]) {
      const scalars = (options: OptimiserOptions) => ({ ...inputs, ...stepScalars(k, 0.01, options) });
      run(trainingStep(network, objective, { emaDecay: 0.9 }), plain, scalars({ emaDecay: 0.9 }));
      run(step, state, scalars(options));
      const w = state.parameters!.dataSync();
      // The first step forgets all; at the others half is forgotten in 2 and in 1/2 of a step.
      const decays = k === 1 ? [0, 0] : [Math.SQRT1_2, 0.25];
      (['ema_a', 'ema_b'] as const).forEach((name, j) => {
        expected[name] = expected[name].map((e, i) => w[i]! + decays[j]! * (e - w[i]!));
      });
    }
    for (const name of ['ema_a', 'ema_b'] as const)
      state[name]!.dataSync().forEach((value, i) =>
        expect(Math.abs(value - expected[name][i]!), `${name} ${i}, seed ${seed}`).toBeLessThan(1e-6),
      );
    for (const name of ['parameters', 'ema', 'first_moment', 'second_moment'])
      expect(state[name]!.dataSync(), name).toEqual(plain[name]!.dataSync());
  });

  test('keeps no tensor but the state', () => {
    const state = variables(initialState(start.slice()));
    const step = trainingStep(network, objective, { weightDecay: 0.1 });
    run(step, state, { ...inputs, ...stepScalars(1, 1e-3) });
    const before = tf.memory().numTensors;
    run(step, state, { ...inputs, ...stepScalars(2, 1e-3) });
    expect(tf.memory().numTensors).toBe(before);
  });
});

test(
  'a small net learns the noise of a Gaussian down to the loss that nobody can beat',
  { tags: ['long'] },
  () => {
    const s = 0.5;
    const betas = linearBetas({ T: 20, betaStart: 0.02, betaEnd: 0.3 });
    const network = mlp({ dimensions: 2, hidden: [32] });
    const objective = eps({ betas });
    const B = 256;
    const state = variables(initialState(initialise(network.specs, seed)));
    const step = trainingStep(network, objective);
    const draw = (k: number) =>
      new Tensor(
        'float32',
        normals(new Float32Array(2 * B), { seed, sample: k }).map((z) => s * z),
        [B, 2],
      );
    const losses: number[] = [];
    for (let k = 1; k <= 300; k++) {
      const inputs = objective.draw({ x: draw(k) }, { seed, step: k });
      losses.push(run(step, state, { ...inputs, ...stepScalars(k, 1e-2) }).loss!);
    }
    let abar = 1;
    const best = Array.from(betas.slice(1), (beta) => {
      abar *= 1 - beta;
      return (abar * s * s) / (abar * s * s + 1 - abar);
    });
    const optimum = best.reduce((a, b) => a + b) / best.length;
    const last = losses.slice(-100).reduce((a, b) => a + b) / 100;
    expect(losses[0]).toBeGreaterThan(2 * optimum);
    expect(last, `seed ${seed}`).toBeLessThan(1.1 * optimum);
    // 51,200 squares: a mean far below the optimum would mean that the noise leaks into the input.
    expect(last, `seed ${seed}`).toBeGreaterThan(0.95 * optimum);
  },
);
