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
const feeds = {
  x: new Tensor('float32', new Float32Array(COUNT * size).fill(0.1), [COUNT, ...shape]),
  level: new Tensor('float32', new Float32Array(COUNT).fill(500), [COUNT]),
  label: new Tensor('int32', new Int32Array(COUNT).fill(3), [COUNT]),
};
const bare = async () => {
  for (let i = 0; i < STEPS; i++) await session.run(feeds);
};
const loop = () => sample(model, { sampler: ddpm(), steps: STEPS, count: COUNT, seed: 1, label: 3 }).result;

await bare();
await loop();
const times = { bare: [] as number[], loop: [] as number[] };
for (let i = 0; i < rounds; i++) {
  times.bare.push(await seconds(bare));
  times.loop.push(await seconds(loop));
}
const ratios = times.loop.map((t, i) => t / times.bare[i]!);
console.log(
  `${model.card.name}, ${COUNT} samples, ${STEPS} steps, ${provider.name}, ${rounds} rounds in turns`,
);
console.log(`bare session.run x ${STEPS}  ${spread(times.bare)}`);
console.log(`sample()               ${spread(times.loop)}`);
console.log(
  `ratio                  ${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}); the aim is at most 1.05`,
);
await session.release();
await model.release();
