import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  annealedLangevin,
  ddpm,
  loadModel,
  ModelReleasedError,
  NotFiniteError,
  sample,
  type ScoreModel,
} from '@scorebridge/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadInWorker } from '../runtime/src/node-worker/load-in-worker.js';
import { FLOAT, floats, ints, node, value } from '../runtime/src/testing/onnx-file.js';
import { tinyModel } from '../runtime/src/testing/tiny-model.js';
import { seededNumbers } from './support/random.js';

// What hangs is ended by the time that a test has.
const worker = new URL('../runtime/dist/node-worker/worker-thread.js', import.meta.url);
const options = { sampler: ddpm(), steps: 4, count: 6, batch: 4 } as const;
const models: ScoreModel[] = [];
let folder: string;
let path: string;

const open = async (settings: Parameters<typeof loadModel>[1] = {}) => {
  const model = await loadModel(path, settings);
  models.push(model);
  return model;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-faults-'));
  path = join(folder, 'tiny.onnx');
  await writeFile(path, tinyModel());
});
afterAll(async () => {
  await Promise.all(models.map((model) => model.release()));
  await rm(folder, { recursive: true });
});

describe.each([false, true])('with worker: %j', (inWorker) => {
  test('an abort during a network call lets that one end and none begin', async () => {
    const model = await open({ worker: inWorker });
    const controller = new AbortController();
    let calls = 0;
    const aborting = {
      ...model,
      predict: (...call: Parameters<typeof model.predict>) => {
        if (++calls === 5) queueMicrotask(() => controller.abort(new Error('enough')));
        return model.predict(...call);
      },
    };
    const run = sample(aborting, { ...options, seed: 1, signal: controller.signal });
    await expect(run.result).rejects.toThrow('enough');
    expect(calls).toBe(5);
    // The model goes on.
    expect((await sample(model, { ...options, seed: 1 }).result).steps).toBe(4);
  });

  test('fifty runs at once on one model, and on five, are those of one after the other', async () => {
    const one = await open({ worker: inWorker });
    const several = await Promise.all(
      Array.from({ length: 5 }, () => open({ worker: inWorker, threads: 1 })),
    );
    const draw = async (model: ScoreModel, seed: number) =>
      (await sample(model, { ...options, seed }).result).samples;
    const expected: Float32Array[] = [];
    for (let seed = 0; seed < 50; seed++) expected.push(await draw(one, seed));
    expect(await Promise.all(expected.map((_, seed) => draw(one, seed)))).toEqual(expected);
    expect(await Promise.all(expected.map((_, seed) => draw(several[seed % 5]!, seed)))).toEqual(expected);
  });

  test('a model released in the midst of a run, and one used after that, say so', async () => {
    const model = await open({ worker: inWorker });
    const run = sample(model, { ...options, seed: 1 });
    await expect(async () => {
      for await (const { step } of run) if (step === 2) await model.release();
    }).rejects.toThrow(ModelReleasedError);
    await expect(sample(model, { ...options, seed: 1 }).result).rejects.toThrow(
      'The model was released; load it again.',
    );
    await model.release();
  });
});

const dying = (how: string) => `import { parentPort } from 'node:worker_threads';
  await import(${JSON.stringify(worker.href)});
  let calls = 0;
  parentPort.on('message', ({ method }) => { if (method === 'predict' && ++calls === 3) { ${how} } });`;

test.each([
  ['ends', 'process.exit(7)', 'ended with exit code 7'],
  ['throws', "throw new Error('broken')", 'failed (broken)'],
  ['rejects', "Promise.reject(new Error('broken'))", 'failed (broken)'],
])('a worker that %s in the midst of a run ends the run and those that follow', async (_, how, what) => {
  const script = new URL(`data:text/javascript,${encodeURIComponent(dying(how))}`);
  const model = await loadInWorker(path, {}, script);
  const run = sample(model, { ...options, seed: 1 });
  const message = `The worker ${what}; load the model again.`;
  await expect(run.result).rejects.toThrow(message);
  await expect(run.result).rejects.toMatchObject({ name: 'WorkerError' });
  await expect(sample(model, { ...options, seed: 1 }).result).rejects.toThrow(message);
  await model.release();
});

test('a network that answers NaN in step 3 is named with the step and what to do', async () => {
  const shape = ['batch', 2, 3];
  const graph = {
    inputs: [value('x', FLOAT, shape), value('level', FLOAT, ['batch'])],
    outputs: [value('prediction', FLOAT, shape)],
    nodes: [
      node('Sub', ['level', 'threshold'], ['above']),
      node('Sqrt', ['above'], ['root']),
      node('Unsqueeze', ['root', 'axes'], ['root3']),
      node('Mul', ['x', 'root3'], ['prediction']),
    ],
    // The levels are 5, 2.3, 1.05, ...
    initializers: [floats('threshold', [], [2]), ints('axes', [1, 2])],
  };
  const model = await loadModel(tinyModel({ graph }));
  const run = sample(model, { sampler: ddpm(), count: 3, seed: 1 });
  await expect(run.result).rejects.toThrow(
    /^The model's prediction at level 1\.04\d* is not finite, in step 3 of 6; try another provider or a smaller step size\.$/,
  );
  const error: unknown = await run.result.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NotFiniteError);
  await model.release();
});

describe('files that are not whole', () => {
  const NAMED = ['NotOnnxError', 'CardError', 'ModelError'];

  test('cut off anywhere, a file is refused by name', async () => {
    const bytes = tinyModel();
    for (let cut = 0; cut < bytes.length; cut += 37) {
      const error: unknown = await loadModel(bytes.slice(0, cut)).catch((reason: unknown) => reason);
      expect(error, `cut at ${cut}`).toMatchObject({
        name: expect.stringMatching(NAMED.join('|')) as string,
      });
    }
  });

  test('with a byte changed anywhere, a file is refused by name, or sampled, or its run ends in an error', async () => {
    const seed = 5;
    const random = seededNumbers(seed);
    const ends = new Map<string, number>();
    for (let round = 0; round < 150; round++) {
      const bytes = tinyModel();
      const at = Math.floor(random() * bytes.length);
      bytes[at]! ^= 1 + Math.floor(random() * 255);
      const end = await loadModel(bytes, { threads: 1 }).then(
        async (model) => {
          const { result } = sample(model, { ...options, seed: 1 });
          const found = await result.then(
            ({ samples }) => (samples.every(Number.isFinite) ? 'samples' : 'not finite'),
            (error: unknown) => (error instanceof Error ? 'run' : 'thrown'),
          );
          await model.release();
          return found;
        },
        (error: Error) => error.name,
      );
      expect([...NAMED, 'samples', 'run'], `byte ${at} of round ${round}, seed ${seed}`).toContain(end);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    expect(ends.get('samples')).toBeGreaterThan(0);
    expect(ends.get('ModelError')).toBeGreaterThan(0);
  });
});

test.each([0, -1, 0.5, NaN, Infinity, 2 ** 31])('a count of %d is refused before any work', async (count) => {
  const model = await open();
  expect(() => sample(model, { sampler: annealedLangevin(), count, seed: 1 })).toThrow(/^count is /);
});

test('loaded, sampled and released a thousand times, memory stays', async () => {
  const script = fileURLToPath(new URL('support/load-sample-release.mjs', import.meta.url));
  // V8 gives what is young more room as it goes on, up to 20 MiB that have nothing to do with the model.
  const flags = ['--expose-gc', '--max-semi-space-size=1'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, path, '1000']);
  const memory = JSON.parse(stdout) as number[];
  expect(memory).toHaveLength(10);
  console.log(`MiB after each hundred: ${memory.map(Math.round).join(' ')}`);
  // A session of the tiny model that is not freed is 0.1 MiB and more, 80 in these 800 rounds.
  expect(memory.at(-1)! - memory[1]!, memory.join(' ')).toBeLessThan(16);
});
