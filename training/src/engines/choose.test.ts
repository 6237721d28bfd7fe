import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { StepFunction } from '../optimiser/step-function.js';
import { tensorFlowFolder } from '../setup/placement.js';
import { chooseEngine } from './choose.js';
import { unet, type UNetOptions } from '../models/unet.js';
import { compiledEngine } from './compiled.js';
import { tfjsCpuEngine } from './tfjs.js';

describe.each([
  ['compiled', () => compiledEngine({ provider: 'cpu', threads: 1 })],
  ['tfjs-cpu', async () => tfjsCpuEngine()],
])('the engine %s', (name, makeEngine) => {
  /** a <- a + b x, b <- 2 a b, both from the values before the step. */
  const step: StepFunction = ({ a, b }, { x }) => {
    const sum = tf.add(a!, tf.mul(b!, x!));
    const product = tf.mul(2, tf.mul(a!, b!));
    a!.assign(sum);
    b!.assign(product);
    return { total: tf.sum(sum) };
  };
  const state = () => ({
    a: new Tensor('float32', Float32Array.of(1, 2), [2]),
    b: new Tensor('float32', Float32Array.of(3, 5), [2]),
  });
  const x = new Tensor('float32', Float32Array.of(10, 100), [2]);

  test('runs steps on a state of its own, and hands out copies of it', async () => {
    const engine = await makeEngine();
    expect(engine.name).toBe(name);
    const start = state();
    const running = await engine.start({ step }, start);
    expect(await running.run('step', { x })).toEqual({ total: 31 + 502 });
    const first = await running.read();
    expect([first.a!.data, first.b!.data]).toEqual([Float32Array.of(31, 502), Float32Array.of(6, 20)]);
    expect(await running.run('step', { x })).toEqual({ total: 91 + 2502 });
    expect(await running.run('step', { x })).toEqual({ total: 91 + 3720 + 2502 + 2_008_000 });
    expect((await running.read()).a!.data).toEqual(Float32Array.of(3811, 2_010_502));
    expect(first.a!.data).toEqual(Float32Array.of(31, 502));
    expect(start.a.data).toEqual(Float32Array.of(1, 2));
    await running.dispose();
  });

  test('leaves no data behind', async () => {
    const engine = await makeEngine();
    const before = tf.memory().numDataBuffers;
    const running = await engine.start({ step }, state());
    for (let k = 0; k < 3; k++) await running.run('step', { x });
    await running.read();
    await running.dispose();
    expect(tf.memory().numDataBuffers).toBe(before);
  });

  test('keeps two runs apart', async () => {
    const engine = await makeEngine();
    const [one, two] = [await engine.start({ step }, state()), await engine.start({ step }, state())];
    await one.run('step', { x });
    await two.run('step', { x });
    await two.run('step', { x });
    expect((await one.read()).a!.data).toEqual(Float32Array.of(31, 502));
    expect((await two.read()).a!.data).toEqual(Float32Array.of(91, 2502));
    await one.dispose();
    await two.dispose();
  });
});

describe('the choice', () => {
  // What `scorebridge setup` has put in the user's cache is another machine's business.
  beforeEach(async () => {
    const cache = await mkdtemp(join(tmpdir(), 'scorebridge-'));
    vi.stubEnv('SCOREBRIDGE_CACHE', cache);
    return async () => {
      vi.unstubAllEnvs();
      await rm(cache, { recursive: true });
    };
  });

  const missing = (name: string) =>
    import(`@tensorflow/${name}`).then(
      () => false,
      () => true,
    );

  test('is the compiled engine where there is no GPU, and says why', async () => {
    if (!(await missing('tfjs-node-gpu'))) return;
    const { name, device, reason } = await chooseEngine();
    expect(name).toBe('compiled');
    expect(device).toMatch(/^(cpu, \d+ threads?|cuda)$/);
    expect(reason).toMatch(/^@tensorflow\/tfjs-node-gpu is not installed; /);
  });

  test('does not load a TensorFlow that is set up for the CPU alone', async () => {
    await mkdir(tensorFlowFolder('cpu'), { recursive: true });
    const { name, reason } = await chooseEngine();
    expect(name).toBe('compiled');
    expect(reason).toMatch(/^TensorFlow is set up for the CPU; /);
  });

  test('is the compiled engine where its provider or threads are asked for', async () => {
    const { name, device, reason } = await chooseEngine({ provider: 'cpu', threads: 1 });
    expect([name, device, reason]).toEqual(['compiled', 'cpu, 1 thread', 'asked for']);
  });

  test.each(['tfjs-node', 'tfjs-node-gpu'] as const)('refuses %s where it is not installed', async (name) => {
    if (!(await missing(name))) return;
    await expect(chooseEngine({ engine: name })).rejects.toThrow(
      `The engine ${name} is not available: @tensorflow/${name} is not installed; ` +
        `run npx scorebridge setup tensorflow, or take the engine compiled.`,
    );
  });

  test('refuses a provider that is not there', async () => {
    await expect(chooseEngine({ engine: 'compiled', provider: 'wasm' })).rejects.toThrow(
      /'wasm' is not available/,
    );
  });
});

test.each<[batch: number, shape: [number, number, number], parts: number, options?: Partial<UNetOptions>]>([
  [128, [28, 28, 1], 4],
  [32, [28, 28, 1], 1],
  [33, [28, 28, 1], 3],
  [100, [16, 16, 1], 4],
  [127, [28, 28, 1], 1],
  [128, [8, 8, 1], 1],
  [64, [32, 32, 3], 2],
  [64, [64, 64, 3], 8],
  [100, [64, 64, 3], 20],
  [17, [64, 64, 3], 1],
  [128, [28, 28, 1], 16, { spaceToDepth: 1, multipliers: [1, 2, 2] }],
])(
  'on the cpu, a batch of %d images of %j is best taken in %d parts',
  async (batch, shape, parts, options) => {
    const network = unet({ shape, spaceToDepth: 2, classes: 10, ...options });
    const engine = await compiledEngine({ provider: 'cpu' });
    expect(engine.partsOf(network, [batch, ...shape])).toBe(parts);
  },
);
