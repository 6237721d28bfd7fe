// The main process of a desktop app, with the terminal in place of the window: it only passes messages on.
import { Worker } from 'node:worker_threads';

const worker = new Worker(new URL('./sampling-worker.js', import.meta.url));
worker.on('message', ({ step, steps, samples, shape, error }) => {
  if (step) return void process.stderr.write(`\rstep ${step} of ${steps}${step === steps ? '\n' : ''}`);
  if (error === undefined) console.log(asText(samples, shape));
  else console.error(error);
  process.exitCode = error === undefined ? 0 : 1;
  void worker.terminate();
});
process.once('SIGINT', () => worker.postMessage({ id: 1, stop: true }));
worker.postMessage({ id: 1, label: Number(process.argv[2] ?? 3), seed: 7 });

/**
 * Two characters a pixel of values from -1 to 1.
 *
 * @param {Float32Array} samples @param {[count: number, height: number, width: number, channels: number]} shape
 */
function asText(samples, [, height, width]) {
  const shade = (/** @type {number} */ x) =>
    ' .:*#'.charAt(Math.min(4, Math.max(0, Math.floor(2.5 * (x + 1)))));
  const row = (/** @type {number} */ y) =>
    Array.from(samples.subarray(y * width, (y + 1) * width), (x) => shade(x).repeat(2)).join('');
  return Array.from({ length: height }, (_, y) => row(y)).join('\n');
}
