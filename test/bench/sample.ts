/**
 * What sampling costs beyond the network: the sampler loop against bare `session.run` calls on the same session, in
 * turns, in one process; and how long the event loop is held while a model in a worker is sampled.
 * `npm run bench:sample [-- --rounds 30 --provider cpu]`.
 */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { createSession, ddpm, loadModel, sample, type ProviderName } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { openModel } from '../../runtime/src/model/open-model.js';
import { quantile, seconds, spread } from './statistics.js';

const MODEL = new URL('../../web-demo/public/models/mnist-labelled.onnx', import.meta.url);
/** Few, so that both sides of a ratio meet the same weather of a shared machine. */
const STEPS = 10;
const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '30' }, provider: { type: 'string', default: 'cpu' } },
});
const rounds = Number(options.rounds);
const askedFor = { provider: options.provider as ProviderName };

const bytes = new Uint8Array(readFileSync(MODEL));
const made = await createSession(bytes, askedFor);
const { session, provider } = made;
// On the same session: of two, the threads of the one that ran last spin on while the other begins.
const model = await openModel(async () => made, { bytes, file: bytes }, {});
const { shape } = model.card;
const size = shape.reduce((product, d) => product * d, 1);
console.log(`${model.card.name}, ${STEPS} steps, ${provider.name}, ${rounds} rounds in turns`);

/** Without guidance a network call has a row for each sample, with it two. */
for (const [count, guidance] of [
  [16, 0],
  [64, 0],
  [64, 1],
] as const) {
  const rows = guidance ? 2 * count : count;
  const feeds = {
    x: new Tensor('float32', new Float32Array(rows * size).fill(0.1), [rows, ...shape]),
    level: new Tensor('float32', new Float32Array(rows).fill(500), [rows]),
    label: new Tensor('int32', new Int32Array(rows).fill(3), [rows]),
  };
  const bare = async () => {
    for (let i = 0; i < STEPS; i++) await session.run(feeds);
  };
  const loop = () =>
    sample(model, { sampler: ddpm(), steps: STEPS, count, seed: 1, label: 3, guidance }).result;
  await bare();
  await loop();
  const times = { bare: [] as number[], again: [] as number[], loop: [] as number[] };
  for (let i = 0; i < rounds; i++) {
    times.bare.push(await seconds(bare));
    times.loop.push(await seconds(loop));
    times.again.push(await seconds(bare));
  }
  const ratio = (to: readonly number[]) => {
    const ratios = to.map((t, i) => t / times.bare[i]!);
    const [quarter, half, threeQuarters] = [0.25, 0.5, 0.75].map((q) => quantile(ratios, q).toFixed(3));
    return `${half} (half of them ${quarter} to ${threeQuarters})`;
  };
  console.log(`batch ${count}, guidance ${guidance}`);
  console.log(`  bare session.run x ${STEPS}  ${spread(times.bare)}`);
  console.log(`  sample()               ${spread(times.loop)}`);
  console.log(`  ratio                  ${ratio(times.loop)}; the aim is at most 1.03`);
  console.log(`  bare again over bare   ${ratio(times.again)}`);
}

await model.release();

const inWorker = await loadModel(bytes, { ...askedFor, worker: true });
const drawing = { sampler: ddpm(), steps: STEPS, count: 64, seed: 1, label: 3 };
await sample(inWorker, drawing).result;
console.log('event loop delay in ms, with a timer of 1 ms');
for (const [name, run] of [
  ['idle', () => new Promise((resolve) => setTimeout(resolve, 2000))],
  ['sampling with worker: true', () => sample(inWorker, { ...drawing, steps: 5 * STEPS }).result],
] as const) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await run();
  delay.disable();
  const [half, most, max] = [delay.percentile(50), delay.percentile(99), delay.max].map((ns) =>
    (ns / 1e6).toFixed(1),
  );
  console.log(`  ${name}: median ${half}, p99 ${most}, largest ${max}; the aim is a p99 below 20`);
}
await inWorker.release();
