import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CardError } from '../card/parse-card.js';
import { loadModel } from '../model/node.js';
import { annealedLangevin } from '../samplers/annealed-langevin.js';
import { mala } from '../samplers/mala.js';
import { sample } from '../sampling/sample.js';
import { tinyCard, tinyModel } from '../testing/tiny-model.js';
import { loadInWorker } from './load-in-worker.js';

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

test('worker: true is all that a caller says', async () => {
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
  await expect(loadInWorker('no/such.onnx', {}, entry)).rejects.toThrow(/^The model cannot be read: ENOENT/);
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
    if (method === 'load') parentPort.postMessage({ id, value: { card: ${JSON.stringify(tinyCard)}, provider: {}, extras: {} } });
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
    for (const call of calls) await expect(call).rejects.toThrow(message);
    await expect(model.predict(x, 3)).rejects.toThrow(message);
    await model.release();
  },
);

test('a worker that does not start is an error', async () => {
  await expect(loadInWorker('', {}, script('process.exit(9)'))).rejects.toThrow(
    'The worker ended with exit code 9; load the model again.',
  );
});
