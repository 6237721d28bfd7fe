import { exportScoreModel } from '@scorebridge/export';
import { initialise, unet, unpack } from '@scorebridge/training';
import * as tf from '@tensorflow/tfjs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tinyModel } from '../../runtime/src/testing/tiny-model.js';
import { browserPath, launchBrowser } from '../support/browser.js';
import { testCard } from '../support/card.js';
import { seededNumbers } from '../support/random.js';
import { openRuntime, serveRuntime } from '../support/runtime-page.js';

const seed = 11;

/** A small network that takes pixels apart into channels and puts them together again, as the shipped ones do. */
async function blocksModel(): Promise<Uint8Array> {
  await tf.setBackend('cpu');
  const shape = [8, 8, 1] as const;
  const network = unet({ shape, base: 16, spaceToDepth: 2 });
  const random = seededNumbers(seed);
  const weights = initialise(network.specs, seed).map((value) => value + 0.1 * (random() - 0.5));
  return tf.tidy(() => {
    const parameters = unpack(tf.tensor1d(weights), network.specs);
    const card = testCard({ shape: [...shape] });
    return exportScoreModel((x, level, label) => network.apply(parameters, x, level, label), card).model;
  });
}

describe.skipIf(browserPath === undefined)('a chain on the GPU', () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serveRuntime>>;
  let page: Page;

  beforeAll(async () => {
    const model = tinyModel({ labelled: true });
    const models: Record<string, Uint8Array> = { '/model.onnx': model, '/blocks.onnx': await blocksModel() };
    server = await serveRuntime((request, response, next) =>
      request.url! in models ? response.end(models[request.url!]) : next(),
    );
    browser = await launchBrowser();
    page = await openRuntime(browser, server.url);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test('gives the samples of one in main memory, by every sampler that can be there', async () => {
    const found = await page.evaluate(async (seed) => {
      const { loadModel, sample, ...samplers } = runtime;
      const model = await loadModel('/model.onnx', { provider: 'webgpu' });
      const offDevice = { ...model, chains: undefined };
      const runs = {
        ddpm: samplers.ddpm(),
        ddim: samplers.ddim({ eta: 0.5 }),
        euler: samplers.euler({ sChurn: 2 }),
        eulerAncestral: samplers.eulerAncestral(),
        heun: samplers.heun(),
        lms: samplers.lms(),
        multistep: samplers.dpmSolverMultistep({ order: 3 }),
        multistepSde: samplers.dpmSolverMultistep({ sde: true }),
        singlestep: samplers.dpmSolverSinglestep({ order: 3 }),
        uniPc: samplers.uniPc({ order: 3 }),
        deis: samplers.deis({ order: 3 }),
        sde2M: samplers.dpmSolverPP2MSde(),
        sde3M: samplers.dpmSolverPP3MSde(),
        sde: samplers.dpmSolverPPSde(),
        ancestral2S: samplers.dpmSolverPP2SAncestral(),
        annealed: samplers.annealedLangevin({ T: 2, eps: 0.01 }),
        inpaint: samplers.inpaint(samplers.ddim(), { known: new Float32Array(6), mask: new Float32Array(6) }),
      };
      const differences: Record<string, [largest: number, onDevice: boolean]> = {};
      for (const [name, sampler] of Object.entries(runs)) {
        const options = {
          ...{ sampler, count: 5, batch: 3, seed, label: [0, 1, 2, 0, 1], guidance: 0.7 },
          ...(name !== 'annealed' && { steps: 6 }),
        };
        let opened = 0;
        const open: NonNullable<typeof model.chains>['open'] = (...args) => (
          opened++,
          model.chains!.open(...args)
        );
        const chains = { ...model.chains!, open };
        const { samples: there } = await sample({ ...model, chains }, options).result;
        const { samples: here } = await sample(offDevice, options).result;
        differences[name] = [
          there.reduce((most, value, i) => Math.max(most, Math.abs(value - here[i]!)), 0),
          opened === 2,
        ];
      }
      await model.release();
      return differences;
    }, seed);
    const { inpaint, ...others } = found;
    expect(inpaint).toEqual([0, false]);
    for (const [name, [difference, onDevice]] of Object.entries(others)) {
      expect(onDevice, name).toBe(true);
      expect(difference, `${name}, seed ${seed}`).toBeLessThan(2e-5);
      // The two are rounded in different places.
      expect(difference, name).toBeGreaterThan(0);
    }
  });

  test('copies next to nothing between GPU and main memory', async () => {
    const crossed = await page.evaluate(async (seed) => {
      let bytes = 0;
      const counted = <K extends string>(
        prototype: Record<K, (...args: never[]) => unknown>,
        method: K,
        size: (...args: never[]) => number,
      ) => {
        const original = prototype[method];
        prototype[method] = function (this: unknown, ...args) {
          bytes += size.call(this as never, ...args);
          return original.apply(this, args);
        };
      };
      counted(GPUQueue.prototype as never, 'writeBuffer', (...args: unknown[]) => {
        const data = args[2] as { byteLength: number };
        return data.byteLength;
      });
      counted(
        GPUDevice.prototype as never,
        'createBuffer',
        ({ mappedAtCreation, size }: GPUBufferDescriptor) => (mappedAtCreation ? size : 0),
      );
      counted(GPUBuffer.prototype as never, 'mapAsync', function (this: GPUBuffer) {
        return this.size;
      });
      const { loadModel, sample, ddim } = runtime;
      const model = await loadModel('/model.onnx', { provider: 'webgpu' });
      const count = 1000;
      const perStep = async (source: typeof model) => {
        const of = async (steps: number) => {
          const before = bytes;
          await sample(source, { sampler: ddim(), steps, count, batch: count, seed, label: 1 }).result;
          return bytes - before;
        };
        await of(2);
        return ((await of(12)) - (await of(2))) / 10;
      };
      const there = await perStep(model);
      const here = await perStep({ ...model, chains: undefined } as unknown as typeof model);
      await model.release();
      return { there, here };
    }, seed);
    console.log(`bytes a step and sample: ${crossed.there / 1000} on the GPU, ${crossed.here / 1000} off it`);
    // x and the prediction, 24 bytes each, level and label; the level alone.
    expect(crossed.here / 1000).toBeGreaterThan(56);
    expect(crossed.there / 1000).toBeLessThan(5);
  });

  test('stops at a number that is not finite, and when it is told, and frees what it held', async () => {
    const found = await page.evaluate(async (seed) => {
      const { loadModel, sample, ddim, NotFiniteError } = runtime;
      const model = await loadModel('/model.onnx', { provider: 'webgpu' });
      let open = 0;
      const { createBuffer } = GPUDevice.prototype;
      const { destroy } = GPUBuffer.prototype;
      GPUDevice.prototype.createBuffer = function (...args) {
        open++;
        return createBuffer.apply(this, args);
      };
      GPUBuffer.prototype.destroy = function () {
        open--;
        destroy.apply(this);
      };
      const options = { sampler: ddim(), steps: 50, count: 3, seed, label: 1 };
      const initial = new Float32Array(18).fill(NaN);
      const wrong = await sample(model, { ...options, initial }).result.catch((error: Error) => error);
      const abort = new AbortController();
      let last = 0;
      const aborted = await (async () => {
        for await (const { step } of sample(model, { ...options, signal: abort.signal })) {
          last = step;
          if (step === 3) abort.abort(new Error('enough'));
        }
      })().catch(String);
      const seen: number[] = [];
      for await (const { step, x } of sample(model, { ...options, every: 20 }))
        if (x[0] !== 0) seen.push(step);
      await sample(model, options).result;
      const first = open;
      for (let i = 0; i < 100; i++) await sample(model, { ...options, steps: 2 }).result;
      const growth = open - first;
      GPUDevice.prototype.createBuffer = createBuffer;
      GPUBuffer.prototype.destroy = destroy;
      await model.release();
      return { wrong: [wrong instanceof NotFiniteError, String(wrong)], aborted, last, seen, growth };
    }, seed);
    expect(found).toEqual({
      wrong: [
        true,
        "NotFiniteError: The model's prediction at level 5 is not finite, in step 1 of 50; try another provider or a smaller step size.",
      ],
      aborted: 'Error: enough',
      last: 3,
      seen: [20, 40, 50],
      growth: 0,
    });
  });

  test('takes fifty callers at once, each of whom gets its own samples', async () => {
    const largest = await page.evaluate(async () => {
      const { loadModel, sample, ddim } = runtime;
      const model = await loadModel('/model.onnx', { provider: 'webgpu' });
      const draw = (seed: number) =>
        sample(model, { sampler: ddim(), steps: 2, count: 1, seed, label: seed % 3 }).result;
      const seeds = Array.from({ length: 50 }, (_, seed) => seed);
      const [together, predictions] = await Promise.all([
        Promise.all(seeds.map(draw)),
        Promise.all(seeds.map((seed) => model.predict(new Float32Array(6), seed, Int32Array.of(1)))),
      ]);
      let largest = 0;
      for (const seed of seeds) {
        const { samples } = await draw(seed);
        samples.forEach(
          (value, i) => (largest = Math.max(largest, Math.abs(value - together[seed]!.samples[i]!))),
        );
        largest = Math.max(largest, Math.abs(predictions[seed]![0]! - 1 / (1 + seed ** 2)));
      }
      await model.release();
      return largest;
    });
    expect(largest).toBeLessThan(1e-6);
  });

  test('with graphCapture replays the network, for callers side by side, guided ones and batches of each size', async () => {
    const found = await page.evaluate(async (seed) => {
      const { loadModel, sample, ddpm } = runtime;
      const said: unknown[] = [];
      const { warn } = console;
      console.warn = (...args: unknown[]) => said.push(args.join(' '));
      let groups = 0;
      const { createBindGroup } = GPUDevice.prototype;
      GPUDevice.prototype.createBindGroup = function (...args) {
        groups++;
        return createBindGroup.apply(this, args);
      };
      const [captured, plain] = [
        await loadModel('/model.onnx', { provider: 'webgpu', graphCapture: true }),
        await loadModel('/model.onnx', { provider: 'webgpu' }),
      ];
      const options = { sampler: ddpm(), steps: 6, batch: 3 };
      const callers = [
        { ...options, count: 5, seed, label: 1 },
        { ...options, count: 3, seed: seed + 1, label: 2 },
        { ...options, count: 3, seed: seed + 2, label: 0, guidance: 0.7 },
        { ...options, count: 3, seed: seed + 3 },
      ];
      const apart: number[] = [];
      for (let round = 0; round < 2; round++) {
        const drawn = await Promise.all(callers.map((caller) => sample(captured, caller).result));
        for (const [i, caller] of callers.entries()) {
          const { samples } = await sample(plain, caller).result;
          apart.push(samples.reduce((most, v, k) => Math.max(most, Math.abs(v - drawn[i]!.samples[k]!)), 0));
        }
      }
      const groupsOf = async (model: typeof plain) => {
        const before = groups;
        await sample(model, callers[1]!).result;
        return groups - before;
      };
      const bindGroups = [await groupsOf(captured), await groupsOf(plain)];
      GPUDevice.prototype.createBindGroup = createBindGroup;
      console.warn = warn;
      const predicted = await captured.predict(new Float32Array(6), 1, Int32Array.of(1));
      await captured.release();
      await plain.release();
      return { said, apart, bindGroups, predicted: predicted[0] };
    }, seed);
    console.log(found);
    expect(found.said).toEqual([]);
    expect(Math.max(...found.apart), `seed ${seed}`).toBeLessThan(1e-6);
    expect(found.bindGroups[0]).toBeLessThan(found.bindGroups[1]!);
    expect(found.predicted).toBeCloseTo(0.5, 6);
  });

  test('with graphCapture a network on blocks of pixels is recorded rightly', async () => {
    const found = await page.evaluate(async (seed) => {
      const { loadModel, sample, ddim } = runtime;
      const said: unknown[] = [];
      const { warn } = console;
      console.warn = (...args: unknown[]) => said.push(args.join(' '));
      const drawn: Float32Array[] = [];
      for (const graphCapture of [true, false]) {
        const model = await loadModel('/blocks.onnx', { provider: 'webgpu', graphCapture });
        drawn.push((await sample(model, { sampler: ddim(), steps: 5, count: 2, seed }).result).samples);
        await model.release();
      }
      console.warn = warn;
      const [captured, plain] = drawn as [Float32Array, Float32Array];
      return { said, apart: plain.reduce((most, v, i) => Math.max(most, Math.abs(v - captured[i]!)), 0) };
    }, seed);
    expect(found.said).toEqual([]);
    expect(found.apart, `seed ${seed}`).toBeLessThan(1e-5);
  });

  test('fails by name when the device is lost, and the next model has another', async () => {
    // One that has no device yet, so that it is known which one is lost.
    const fresh = await openRuntime(browser, server.url);
    const found = await fresh.evaluate(async (seed) => {
      const { loadModel, sample, ddim, DeviceLostError } = runtime;
      let device: GPUDevice;
      const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (...args) {
        return (device = await requestDevice.apply(this, args));
      };
      const lose = async (onDevice: boolean) => {
        const loaded = await loadModel('/model.onnx', { provider: 'webgpu' });
        const model = onDevice ? loaded : ({ ...loaded, chains: undefined } as unknown as typeof loaded);
        let steps = 0;
        const said = await (async () => {
          const options = { sampler: ddim(), steps: 50, count: 3, seed, label: 1 };
          for await (const { step } of sample(model, options)) {
            steps = step;
            if (step === 3) device.destroy();
          }
        })().catch((error: Error) => [error instanceof DeviceLostError, error.message] as const);
        const again = await loaded.predict(new Float32Array(6), 1).catch(String);
        await loaded.release();
        return { said, steps, again };
      };
      return [await lose(true), await lose(false)];
    }, seed);
    await fresh.close();
    for (const { said, steps, again } of found) {
      expect(said).toEqual([
        true,
        expect.stringMatching(/^The GPU device was lost \(.+\); load the model again\.$/),
      ]);
      expect(steps).toBeLessThan(6);
      expect(again).toMatch(/^DeviceLostError: /);
    }
  });
});
