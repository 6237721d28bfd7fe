/**
 * What sampling costs beyond the network: the sampler loop against bare `session.run` calls on the same inputs, in
 * turns, in one process. `npm run bench:sample [-- rounds]`.
 */
import { readFileSync } from 'node:fs';
import { createSession, ddpm, loadModel, sample } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { median, seconds, spread } from './statistics.js';

const MODEL = new URL('../../web-demo/public/models/mnist-labelled.onnx', import.meta.url);
const COUNT = 64;
const STEPS = 50;
const rounds = Number(process.argv[2] ?? 9);

const bytes = new Uint8Array(readFileSync(MODEL));
const { session, provider } = await createSession(bytes, { provider: 'cpu' });
const model = await loadModel(bytes, { provider: 'cpu' });
const { shape } = model.card;
const size = shape.reduce((product, d) => product * d, 1);
console.log(
  `${model.card.name}, ${COUNT} samples, ${STEPS} steps, ${provider.name}, ${rounds} rounds in turns`,
);

/** Without guidance a network call has a row for each sample, with it two. */
for (const [name, guidance, rows] of [
  ['no guidance', 0, COUNT],
  ['guidance 1', 1, 2 * COUNT],
] as const) {
  const feeds = {
    x: new Tensor('float32', new Float32Array(rows * size).fill(0.1), [rows, ...shape]),
    level: new Tensor('float32', new Float32Array(rows).fill(500), [rows]),
    label: new Tensor('int32', new Int32Array(rows).fill(3), [rows]),
  };
  const bare = async () => {
    for (let i = 0; i < STEPS; i++) await session.run(feeds);
  };
  const options = { sampler: ddpm(), steps: STEPS, count: COUNT, seed: 1, label: 3, guidance };
  const loop = () => sample(model, options).result;

  await bare();
  await loop();
  const times = { bare: [] as number[], loop: [] as number[] };
  for (let i = 0; i < rounds; i++) {
    times.bare.push(await seconds(bare));
    times.loop.push(await seconds(loop));
  }
  const ratios = times.loop.map((t, i) => t / times.bare[i]!);
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  console.log(name);
  console.log(`  bare session.run x ${STEPS}  ${spread(times.bare)}`);
  console.log(`  sample()               ${spread(times.loop)}`);
  console.log(
    `  ratio                  ${median(ratios).toFixed(3)} (${least.toFixed(3)} to ${most.toFixed(3)}); the aim is at most 1.05`,
  );
}
await session.release();
await model.release();
