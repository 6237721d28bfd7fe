import { geometricSigmas, linearBetas, normals } from '@scorebridge/runtime';
import {
  compiledEngine,
  denoising,
  energyModel,
  initialise,
  initialState,
  mlpEnergy,
  stepScalars,
  tfjsCpuEngine,
  trainingStep,
  unet,
  v,
  type Engine,
  type Network,
  type Objective,
} from '@scorebridge/training';
import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';

const seed = 41;
const STEPS = 20;

interface Case {
  readonly network: Network;
  readonly objective: Objective;
  readonly shape: readonly number[];
  readonly classes?: number;
  readonly batch: number;
}

/** Trains from parameters none of which is zero, and returns the state and the loss of every step. */
async function trained(engine: Engine, { network, objective, shape, classes, batch: count }: Case) {
  const start = initialise(network.specs, seed);
  const moved = normals(new Float32Array(start.length), { seed }).map((z, i) => start[i]! + 0.05 * z);
  const host = Object.fromEntries(
    Object.entries(initialState(moved)).map(([name, data]) => [
      name,
      new Tensor('float32', data, [data.length]),
    ]),
  );
  // Adam's first step is g / (|g| + epsilon): with the usual 1e-8 it is mere rounding where a gradient happens to be
  // that small, on any engine. At 1e-6 every parameter's step is determined.
  const options = { weightDecay: 0.01, emaDecay: 0.9, epsilon: 1e-6 };
  const running = await engine.start({ step: trainingStep(network, objective, options) }, host);
  const losses: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const size = shape.reduce((product, n) => product * n, count);
    const batch = {
      x: new Tensor('float32', normals(new Float32Array(size), { seed: 1, step }), [count, ...shape]),
      ...(classes && {
        label: new Tensor(
          'int32',
          Int32Array.from({ length: count }, (_, i) => (i + step) % classes),
          [count],
        ),
      }),
    };
    const inputs = { ...objective.draw(batch, { seed, step }), ...stepScalars(step, 1e-3, options) };
    losses.push((await running.run('step', inputs)).loss!);
  }
  const state = await running.read();
  await running.dispose();
  return { start: moved, state, losses };
}

const cases: Record<string, Case> = {
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
  'an energy by denoising score matching, which takes second derivatives': {
    network: energyModel(
      mlpEnergy({ dimensions: 2, hidden: [32, 32], levelScale: 'log', outputScale: 'sigma' }),
    ),
    objective: denoising({ sigmas: geometricSigmas({ sigmaMax: 2, sigmaMin: 0.1, L: 10 }) }),
    shape: [2],
    batch: 2,
  },
};
const lowerings = ['auto', 'portable'] as const;

test.each(Object.entries(cases))(
  `${STEPS} steps of %s end the same on compiled and tfjs-cpu, parameter by parameter`,
  async (_, example) => {
    const eager = await trained(tfjsCpuEngine(), example);
    for (const lowering of lowerings) {
      const compiled = await trained(await compiledEngine({ provider: 'cpu', lowering }), example);
      expectSame(eager, compiled, example.network, `${lowering} lowering, seed ${seed}`);
    }
  },
);

type Trained = Awaited<ReturnType<typeof trained>>;

function expectSame(eager: Trained, compiled: Trained, { specs }: Network, what: string): void {
  const worst: Record<string, number> = {};
  for (const part of ['parameters', 'ema']) {
    const [a, b] = [eager.state[part]!.data, compiled.state[part]!.data] as [Float32Array, Float32Array];
    let start = 0;
    for (const { name, shape } of specs) {
      const size = shape.reduce((product, n) => product * n, 1);
      let [difference, scale, change] = [0, 0, 0];
      for (let i = start; i < start + size; i++) {
        difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
        scale = Math.max(scale, Math.abs(a[i]!));
        change = Math.max(change, Math.abs(a[i]! - eager.start[i]!));
      }
      worst[`${part}/${name}`] = difference / scale;
      // A constant in the energy is not in the score.
      if (name !== 'out/bias') expect(change, `${name} has been trained`).toBeGreaterThan(1e-3);
      start += size;
    }
  }
  eager.losses.forEach((loss, i) =>
    expect(Math.abs(compiled.losses[i]! / loss - 1), `loss of step ${i + 1}, ${what}`).toBeLessThan(1e-4),
  );
  const [[name, difference]] = Object.entries(worst).sort((a, b) => b[1] - a[1]) as [[string, number]];
  expect(difference, `${name}, ${what}`).toBeLessThan(1e-4);
}
