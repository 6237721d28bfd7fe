// What an app with a window keeps out of its main process. Told { id, label, seed, steps } it draws a digit, told
// { id, stop: true } it stops that one. It answers { id, step, steps } after each step, then { id, samples, shape }, or { id, error }.
import { fileURLToPath } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { ddpm, loadModel, sample } from '@scorebridge/runtime';

if (!parentPort) throw new Error('This is a worker: start it with new Worker, as main.js does.');
const port = parentPort;
const file = new URL('../../web-demo/public/models/mnist-labelled.onnx', import.meta.url);
const loading = loadModel(fileURLToPath(file));
loading.catch(() => undefined); // whoever asks for a digit is told
/** @type {Map<number, AbortController>} */
const running = new Map();

port.on('message', ({ id, stop, label, seed, steps = 50 }) => {
  if (stop) running.get(id)?.abort(new Error('Stopped.'));
  else void draw(id, { label, seed, steps });
});

/** @param {number} id @param {{ label: number, seed: number, steps: number }} what */
async function draw(id, what) {
  const stopping = new AbortController();
  running.set(id, stopping);
  try {
    const options = { sampler: ddpm(), count: 1, guidance: 1, ...what, signal: stopping.signal };
    const sampling = sample(await loading, options);
    for await (const { step, steps } of sampling) port.postMessage({ id, step, steps });
    const { samples, shape } = await sampling.result;
    port.postMessage({ id, samples, shape });
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(id);
  }
}
