import { geometricSigmas, linearBetas, normals } from '@scorebridge/runtime';
import {
  convEnergy,
  denoising,
  energyModel,
  eps,
  initialise,
  initialState,
  mlpEnergy,
  stepScalars,
  trainingStep,
  unet,
  v,
  type Engine,
  type Network,
  type Objective,
  type TrainingPlan,
  type TrainingState,
} from '@scorebridge/training';
import { Tensor } from 'onnxruntime-common';
import { expect } from 'vitest';

/** Of parameters, data and noise. */
export const seed = 41;
export const STEPS = 20;
const LEARNING_RATE = 1e-3;
// Adam's first step is g / (|g| + epsilon): with the usual 1e-8 it is mere rounding where a gradient happens to be that
// small, on any engine. At 1e-6 every parameter's step is determined.
const OPTIMISER = { weightDecay: 0.01, emaDecay: 0.9, epsilon: 1e-6 };

/** What is trained. */
export interface Case {
  readonly network: Network;
  readonly objective: Objective;
  readonly shape: readonly number[];
  readonly classes?: number;
  readonly batch: number;
}

export const cases: Record<string, Case> = {
  'a U-Net with attention, labels and two resolutions': {
    network: unet({ shape: [8, 8, 1], base: 8, groups: 4, attention: [4], classes: 3 }),
    objective: v({ betas: linearBetas(), classes: 3 }),
    shape: [8, 8, 1],
    classes: 3,
    batch: 2,
  },
  'a U-Net of whole blocks of channels and samples': {
    network: unet({ shape: [4, 4, 1], base: 16, multipliers: [1], groups: 4, attention: [4] }),
    objective: v({ betas: linearBetas() }),
    shape: [4, 4, 1],
    batch: 16,
  },
  'a U-Net that also learns the variance of its steps': {
    network: unet({ shape: [4, 4, 1], base: 8, multipliers: [1], groups: 4, variance: 'learned' }),
    objective: eps({ betas: linearBetas(), learnedVariance: { valueRange: [-1, 1], lambda: 0.1 } }),
    shape: [4, 4, 1],
    batch: 4,
  },
  'an energy by denoising score matching, which takes second derivatives': {
    network: energyModel(
      mlpEnergy({ dimensions: 2, hidden: [32, 32], levelScale: 'log', outputScale: 'sigma' }),
    ),
    objective: denoising({ sigmas: geometricSigmas({ sigmaMax: 2, sigmaMin: 0.1, L: 10 }) }),
    shape: [2],
    batch: 2,
  },
  'an energy of images with labels': {
    network: energyModel(
      convEnergy({
        shape: [8, 8, 1],
        channels: [8, 8],
        embedding: 8,
        classes: 3,
        levelScale: 'log',
        outputScale: 'sigma',
      }),
    ),
    objective: denoising({ sigmas: geometricSigmas({ sigmaMax: 2, sigmaMin: 0.1, L: 10 }), classes: 3 }),
    shape: [8, 8, 1],
    classes: 3,
    batch: 2,
  },
};

/** A state and the step that it is after. */
export interface Position {
  readonly step: number;
  readonly state: TrainingState;
}

/** Parameters none of which is zero. */
export function startOf({ network }: Case): Position {
  const start = initialise(network.specs, seed);
  const moved = normals(new Float32Array(start.length), { seed }).map((z, i) => start[i]! + 0.05 * z);
  return { step: 0, state: initialState(moved) };
}

/** Where a training ended, and the loss of each of its steps. */
export interface Training extends Position {
  readonly losses: readonly number[];
}

function batchOf({ shape, classes, batch: count }: Case, step: number) {
  const size = shape.reduce((product, n) => product * n, count);
  return {
    x: new Tensor('float32', normals(new Float32Array(size), { seed: 1, step }), [count, ...shape]),
    ...(classes && {
      label: new Tensor(
        'int32',
        Int32Array.from({ length: count }, (_, i) => (i + step) % classes),
        [count],
      ),
    }),
  };
}

/** The same training, as a plan of so many steps for the trainer. */
export const planOf = (example: Case, steps: number): TrainingPlan => ({
  config: { name: 'engines' },
  seed,
  steps,
  network: example.network,
  objective: example.objective,
  optimiser: OPTIMISER,
  learningRate: () => LEARNING_RATE,
  batch: (step) => batchOf(example, step),
});

/** Takes the steps that come after `from`, up to `until`; returns where that ends, and the loss of each. */
export async function trained(
  engine: Engine,
  example: Case,
  from: Position,
  until = STEPS,
): Promise<Training> {
  const { network, objective } = example;
  const host = Object.fromEntries(
    Object.entries(from.state).map(([name, data]) => [name, new Tensor('float32', data, [data.length])]),
  );
  const running = await engine.start({ step: trainingStep(network, objective, OPTIMISER) }, host);
  const losses: number[] = [];
  for (let step = from.step + 1; step <= until; step++) {
    const batch = batchOf(example, step);
    const inputs = {
      ...objective.draw(batch, { seed, step }),
      ...stepScalars(step, LEARNING_RATE, OPTIMISER),
    };
    losses.push((await running.run('step', inputs)).loss!);
  }
  const state = Object.fromEntries(
    Object.entries(await running.read()).map(([name, { data }]) => [name, data]),
  ) as unknown as TrainingState;
  await running.dispose();
  return { step: until, state, losses };
}

/**
 * Expects two trainings from `start` to have ended the same: each parameter and its average within 1e-4 of its largest
 * element, and far from where it began; and each loss within 1e-4 of itself.
 */
export function expectSame(
  { network }: Case,
  start: Position,
  [a, b]: readonly [Training, Training],
  what: string,
): void {
  const worst: Record<string, number> = {};
  const began = start.state.parameters;
  for (const part of ['parameters', 'ema'] as const) {
    const [left, right] = [a.state[part], b.state[part]];
    let first = 0;
    for (const { name, shape } of network.specs) {
      const size = shape.reduce((product, n) => product * n, 1);
      let [difference, scale, change] = [0, 0, 0];
      for (let i = first; i < first + size; i++) {
        difference = Math.max(difference, Math.abs(left[i]! - right[i]!));
        scale = Math.max(scale, Math.abs(left[i]!));
        change = Math.max(change, Math.abs(left[i]! - began[i]!));
      }
      worst[`${part}/${name}`] = difference / scale;
      // A constant in the energy is not in the score.
      if (name !== 'out/bias') expect(change, `${name} has been trained`).toBeGreaterThan(1e-3);
      first += size;
    }
  }
  expect(b.losses).toHaveLength(a.losses.length);
  a.losses.forEach((loss, i) =>
    expect(
      Math.abs(b.losses[i]! / loss - 1),
      `loss ${i + 1} of ${a.losses.length}, ${what}, seed ${seed}`,
    ).toBeLessThan(1e-4),
  );
  const [[name, difference]] = Object.entries(worst).sort((p, q) => q[1] - p[1]) as [[string, number]];
  expect(difference, `${name}, ${what}, seed ${seed}`).toBeLessThan(1e-4);
}
