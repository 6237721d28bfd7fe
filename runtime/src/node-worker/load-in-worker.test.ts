import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CardError } from '../card/parse-card.js';
import { ModelReleasedError } from '../model/model-released-error.js';
import { loadModel } from '../model/node.js';
import type { ScoreModel } from '../model/score-model.js';
import { normals } from '../noise/normal.js';
import { annealedLangevin } from '../samplers/annealed-langevin.js';
import { mala } from '../samplers/mala.js';
import { sample } from '../sampling/sample.js';
import { everySampler } from '../testing/every-sampler.js';
import { tinyCard, tinyModel } from '../testing/tiny-model.js';
import { loadInWorker } from './load-in-worker.js';
import { WorkerError } from '../worker/worker-error.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
let folder: string;
let entry: URL;

// A worker runs outside of vitest, so the package is built; inside the repository, where it finds its dependencies.
beforeAll(async () => {
  await mkdir(join(root, '.cache'), { recursive: true });
  folder = await mkdtemp(join(root, '.cache/worker-'));
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir: folder,
      rolldownOptions: {
        input: ['../node.ts', './worker-thread.ts'].map((path) =>
          fileURLToPath(new URL(path, import.meta.url)),
        ),
        output: { entryFileNames: '[name].js', preserveModules: true },
      },
    },
  });
  entry = pathToFileURL(join(folder, 'node-worker/worker-thread.js'));
});
afterAll(() => rm(folder, { recursive: true }));

const script = (source: string) => new URL(`data:text/javascript,${encodeURIComponent(source)}`);
const x = Float32Array.from({ length: 12 }, (_, i) => i - 5);

test('predicts as it does without a worker, and leaves x as it was', async () => {
  const [here, there] = [await loadModel(tinyModel()), await loadInWorker(tinyModel(), {}, entry)];
  expect(there.card).toEqual(tinyCard);
  expect(there.provider).toEqual(here.provider);
  const out = new Float32Array(12);
  expect(await there.predict(x, 3, undefined, out)).toBe(out);
  expect(out).toEqual(await here.predict(x, 3));
  expect(await there.predict(x, Float32Array.of(1, 2))).toEqual(await here.predict(x, Float32Array.of(1, 2)));
  expect(x).toEqual(Float32Array.from({ length: 12 }, (_, i) => i - 5));
  const options = { sampler: annealedLangevin({ T: 3, eps: 1e-3 }), count: 5, seed: 2, batch: 2 };
  const [a, b] = [await sample(here, options).result, await sample(there, options).result];
  expect(a.samples).toEqual(b.samples);
  await Promise.all([here.release(), there.release()]);
});

test('evaluates as it does without a worker, where the model has an energy', async () => {
  const bytes = tinyModel({ energy: true });
  const [here, there] = [await loadModel(bytes), await loadInWorker(bytes, {}, entry)];
  expect(await there.evaluate!(x, 3)).toEqual(await here.evaluate!(x, 3));
  await expect(there.evaluate!(x.subarray(1), 1)).rejects.toThrow('x has 11 numbers');
  expect(x[0]).toBe(-5);
  const options = { sampler: mala({ eps: 0.5 }), steps: 20, count: 5, seed: 2, batch: 2 };
  const [a, b] = [await sample(here, options).result, await sample(there, options).result];
  expect(a).toEqual(b);
  await Promise.all([here.release(), there.release()]);
  const without = await loadInWorker(tinyModel(), {}, entry);
  expect(without.evaluate).toBeUndefined();
  await without.release();
});

test('gives the learned variance as it does without a worker, where the model has one', async () => {
  const bytes = tinyModel({ variance: true });
  const [here, there] = [await loadModel(bytes), await loadInWorker(bytes, {}, entry)];
  expect(await there.predictVariance!(x, 3)).toEqual(await here.predictVariance!(x, 3));
  expect(there.evaluate).toBeUndefined();
  await expect(there.predictVariance!(x.subarray(1), 1)).rejects.toThrow('x has 11 numbers');
  await Promise.all([here.release(), there.release()]);
});

test('gives the vector-Jacobian product as it does without a worker, from a file or its bytes', async () => {
  const bytes = tinyModel({ weights: 'tiny' });
  const vjp = tinyModel({ weights: 'tiny', vjp: true });
  const path = join(folder, 'vjp.onnx');
  await writeFile(path, vjp);
  const here = await loadModel(bytes, { vjp });
  for (const product of [vjp, path, pathToFileURL(path)]) {
    const there = await loadInWorker(bytes, { vjp: product }, entry);
    const v = x.map((value) => 2 * value);
    expect(await there.vjp!(x, 3, v)).toEqual(await here.vjp!(x, 3, v));
    expect(v[0]).toBe(-10);
    await expect(there.vjp!(x, 3, v.subarray(1))).rejects.toThrow('v has 11 numbers; expected 12');
    await there.release();
  }
  expect(vjp).toEqual(tinyModel({ weights: 'tiny', vjp: true }));
  await here.release();
});

test('every sampler and task, spacing and guidance is the same with a worker, several runs at once', async () => {
  const bytes = tinyModel({ labelled: true, energy: true });
  const [here, there] = [await loadModel(bytes), await loadInWorker(bytes, {}, entry)];
  const cases = everySampler(normals(new Float32Array(3 * 6), { seed: 7 }));
  await Promise.all(
    cases.map(async ({ name, sampler, steps }) => {
      const options = { sampler, ...(steps && { steps }), count: 3, seed: 7, label: [0, 1, 2], batch: 2 };
      const run = (model: ScoreModel) => sample(model, { ...options, guidance: 0.5 }).result;
      expect(await run(there), name).toEqual(await run(here));
    }),
  );
  await Promise.all([here.release(), there.release()]);
});

test('a loop that does not ask for the next step holds the worker back, and may be left', async () => {
  const model = await loadInWorker(tinyModel(), {}, entry);
  let calls = 0;
  const counting = {
    ...model,
    predict: (...call: Parameters<typeof model.predict>) => {
      calls++;
      return model.predict(...call);
    },
  };
  const options = { sampler: annealedLangevin({ T: 100 }), count: 4, seed: 1, batch: 2 };
  for await (const { step } of sample(counting, options)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(calls).toBe(2 * step);
    if (step === 5) break;
  }
  await model.release();
  expect(calls).toBe(10);
});

test('released in the midst of a run, the run ends with a sentence', async () => {
  const model = await loadInWorker(tinyModel(), {}, entry);
  const run = sample(model, { sampler: annealedLangevin({ T: 1000 }), count: 4, seed: 1 });
  await expect(async () => {
    for await (const { step } of run) if (step === 3) void model.release();
  }).rejects.toThrow(ModelReleasedError);
  await expect(run.result).rejects.toThrow('The model was released; load it again.');
});

test('options that cannot be sent are refused by name', async () => {
  const sessionOptions = { extra: { session: { now: () => 1 } } };
  const load = loadInWorker(tinyModel(), { sessionOptions }, entry);
  await expect(load).rejects.toThrow(TypeError);
  await expect(load).rejects.toThrow(
    /^The options of a model in a worker have to be plain data \(.*\); leave/,
  );
});

test('what onProgress throws ends the load', async () => {
  const path = join(folder, 'tiny.onnx');
  await writeFile(path, tinyModel());
  const onProgress = () => {
    throw new Error('no longer there');
  };
  await expect(loadInWorker(path, { onProgress }, entry)).rejects.toThrow('no longer there');
});

test('bytes that are a part of a larger array are sent without the rest of it, and stay', async () => {
  const bytes = tinyModel();
  const file = new Uint8Array(bytes.length + 100);
  file.set(bytes, 50);
  const model = await loadInWorker(file.subarray(50, 50 + bytes.length), {}, entry);
  expect(await model.predict(x, 0)).toEqual(x.map((v) => -v));
  expect(file.subarray(50, 50 + bytes.length)).toEqual(bytes);
  await model.release();
});

test('worker: true is all that a caller says', { tags: ['long'] }, async () => {
  const built = (await import(pathToFileURL(join(folder, 'node.js')).href)) as {
    loadModel: typeof loadModel;
  };
  const model = await built.loadModel(tinyModel(), { worker: true });
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const batch = new Float32Array(6 * 400_000);
  const end = performance.now() + 200;
  while (performance.now() < end) await model.predict(batch, 1);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
  await model.release();
});

test('errors come over with their class and their sentence', async () => {
  const load = loadInWorker(tinyModel({ card: null }), {}, entry);
  await expect(load).rejects.toThrow(/^The ONNX model has no card/);
  await expect(load).rejects.toBeInstanceOf(CardError);
  await expect(load).rejects.toMatchObject({ name: 'CardError' });
  const missing = loadInWorker('no/such.onnx', {}, entry);
  await expect(missing).rejects.toThrow(/^The model cannot be read: ENOENT/);
  await expect(missing).rejects.toMatchObject({
    name: 'ModelError',
    cause: expect.objectContaining({ message: expect.stringContaining('ENOENT') as string }) as Error,
  });
  await expect(loadInWorker(tinyModel(), { provider: 'wasm' }, entry)).rejects.toMatchObject({
    name: 'ProviderUnavailableError',
  });
});

test('a wrong call is refused and leaves the worker as it was', async () => {
  const model = await loadInWorker(tinyModel(), {}, entry);
  await expect(model.predict(x.subarray(1), 1)).rejects.toThrow('x has 11 numbers; expected a multiple of 6');
  expect(await model.predict(x, 0)).toEqual(x.map((v) => -v));
  await model.release();
});

test('an abort while loading rejects with its reason', async () => {
  const controller = new AbortController();
  const load = loadInWorker(tinyModel(), { signal: controller.signal }, entry);
  controller.abort(new Error('changed my mind'));
  await expect(load).rejects.toThrow('changed my mind');
  await expect(loadInWorker(tinyModel(), { signal: AbortSignal.abort() }, entry)).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test('after release, which may come twice, nothing is answered', async () => {
  const model = await loadInWorker(tinyModel(), {}, entry);
  const last = model.predict(x, 0);
  await Promise.all([model.release(), model.release()]);
  expect(await last).toEqual(x.map((v) => -v));
  await expect(model.predict(x, 0)).rejects.toThrow('The model was released; load it again.');
});

const loads = `import { parentPort } from 'node:worker_threads';
  parentPort.on('message', ({ id, method }) => {
    if (method === 'load') parentPort.postMessage({ id, value: { about: { card: ${JSON.stringify(tinyCard)}, provider: {} }, methods: ['predict'] } });
    else DIE;
  });`;

test.each([
  ['exits', 'process.exit(3)', 'The worker ended with exit code 3; load the model again.'],
  ['throws', "throw new Error('out of memory')", 'The worker failed (out of memory); load the model again.'],
])(
  'a worker that %s is an error, not a hang, for every open call and those after',
  async (_, die, message) => {
    const model = await loadInWorker('', {}, script(loads.replace('DIE', die)));
    const calls = [model.predict(x, 1), model.predict(x, 2)];
    for (const call of calls) {
      await expect(call).rejects.toThrow(message);
      await expect(call).rejects.toBeInstanceOf(WorkerError);
    }
    await expect(model.predict(x, 3)).rejects.toThrow(message);
    await model.release();
  },
);

test('a worker that does not start is an error', async () => {
  await expect(loadInWorker('', {}, script('process.exit(9)'))).rejects.toThrow(
    'The worker ended with exit code 9; load the model again.',
  );
});
