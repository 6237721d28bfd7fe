import {
  compiledEngine,
  readCheckpoint,
  registerCorrectedGradients,
  stateOf,
  tensorFlowEngine,
  tfjsCpuEngine,
  train,
  type Engine,
} from '@scorebridge/training';
import * as tf from '@tensorflow/tfjs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kernelCases, opCases } from '../training/src/testing/second-derivative-cases.js';
import { programs, survey, SURVEY_SEED, TOLERANCE } from '../training/src/testing/survey.js';
import { cases, expectSame, planOf, startOf, STEPS, trained } from './support/engines.js';

// The engine on a real libtensorflow. `scorebridge setup tensorflow` makes it work; where nobody has run that, the tests
// are left out, and say so. Where it has been run, SCOREBRIDGE_TEST_TENSORFLOW=required has its absence fail.
const required = process.env['SCOREBRIDGE_TEST_TENSORFLOW'] === 'required';
// As where another engine has trained before: a tfjs that the package brought along would put its gradients over these.
registerCorrectedGradients();
const [engine, missing] = await tensorFlowEngine('tfjs-node-gpu').then(
  (found) => [found, undefined] as const,
  (error: Error) => [undefined, error.message] as const,
);
if (missing !== undefined) console.warn(`\n!!! TENSORFLOW TESTS SKIPPED: ${missing}\n`);

test.runIf(required)('the engine that was asked for is there', () => expect(missing).toBeUndefined());

describe.skipIf(engine === undefined)('tfjs-node-gpu', () => {
  // The engines share their gradients, so that a comparison of engines would not see wrong ones.
  test('has second derivatives that are right: those of e^(sin x) and tanh(x)^2 at 0.7', () => {
    const second = (f: (x: tf.Tensor) => tf.Tensor) =>
      tf
        .grad((x) => tf.grad(f)(x))(tf.scalar(0.7))
        .dataSync()[0];
    const [sin, cos, tanh] = [Math.sin(0.7), Math.cos(0.7), Math.tanh(0.7)];
    expect(second((x) => tf.exp(tf.sin(x)))).toBeCloseTo(Math.exp(sin) * (cos ** 2 - sin), 4);
    expect(second((x) => tf.square(tf.tanh(x)))).toBeCloseTo(2 * (1 - tanh ** 2) * (1 - 3 * tanh ** 2), 4);
  });

  // What the backend has no kernel for, or refuses already going forward.
  const without = ['BroadcastTo', 'LogSoftmax', 'GatherV2, of a negative axis', 'AvgPool, rounded up'];
  test.each(
    Object.entries({ ...kernelCases, ...opCases }).filter(
      ([name, { corrected = 'right' }]) => corrected === 'right' && !without.includes(name),
    ),
  )('has the right derivatives of %s', (_, example) => {
    for (const program of programs) {
      const { first, second } = survey(example, program);
      expect(first, `${program}, seed ${SURVEY_SEED}`).toBeLessThan(TOLERANCE.first);
      expect(second, `${program}, seed ${SURVEY_SEED}`).toBeLessThan(TOLERANCE.second);
    }
  });

  test('computes with the tfjs that training computes with', () => {
    expect(tf.getBackend()).toBe('tensorflow');
    expect((tf.backend() as unknown as { binding: unknown }).binding).toHaveProperty(
      'TF_Version',
      engine!.tensorflow,
    );
  });

  test.each(Object.entries(cases))(
    `${STEPS} steps of %s end the same as on compiled and on tfjs-cpu, parameter by parameter`,
    async (_, example) => {
      const start = startOf(example);
      const native = await trained(engine!, example, start);
      expect(tf.getBackend()).toBe('tensorflow');
      const compiled = await trained(await compiledEngine({ provider: 'cpu' }), example, start);
      const plain = await trained(tfjsCpuEngine(), example, start);
      expectSame(example, start, [native, compiled], 'tfjs-node-gpu and compiled');
      expectSame(example, start, [native, plain], 'tfjs-node-gpu and tfjs-cpu');
    },
  );
});

describe.skipIf(engine === undefined)('a run begun on one engine', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'scorebridge-engines-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(['tfjs-node-gpu', 'compiled'])('%s, goes on the same on either', async (first) => {
    const engines: Record<string, Engine> = {
      'tfjs-node-gpu': engine!,
      compiled: await compiledEngine({ provider: 'cpu' }),
    };
    const example = cases['a U-Net with attention, labels and two resolutions']!;
    const half = STEPS / 2;
    const begun = await train(planOf(example, half), {
      runDir: join(folder, first),
      engine: engines[first]!,
    });
    const positionOf = async (path: string) => {
      const checkpoint = await readCheckpoint(path);
      return { step: checkpoint.step, state: stateOf(checkpoint, example.network.specs) };
    };
    const ends = [];
    for (const [second, engine] of Object.entries(engines)) {
      const losses: number[] = [];
      const { checkpoint } = await train(planOf(example, STEPS), {
        runDir: join(folder, `${first}-${second}`),
        engine,
        resume: begun.checkpoint!,
        logEvery: 1,
        onEvent: (event) => {
          if (event.type === 'step') losses.push(event.loss);
        },
      });
      ends.push({ ...(await positionOf(checkpoint!)), losses });
    }
    const [a, b] = ends as [(typeof ends)[0], (typeof ends)[0]];
    expect([a.step, a.losses.length]).toEqual([STEPS, half]);
    expectSame(example, await positionOf(begun.checkpoint!), [a, b], Object.keys(engines).join(' and '));
  });
});
