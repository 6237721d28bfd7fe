/**
 * A whole sampler as one ONNX graph, with Loop and unrolled, in one call, against the runtime's loop around the network, in turns, in one process.
 * `npm run bench:sampler-graph [-- rounds]`.
 */
import { readFileSync } from 'node:fs';
import { exportSampler } from '@scorebridge/export';
import { createSession, ddim, loadModel, normals, sample } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { quantile, seconds, spread } from './statistics.js';

const MODEL = new URL('../../web-demo/public/models/mnist-labelled.onnx', import.meta.url);
const STEPS = 10;
const rounds = Number(process.argv[2] ?? 20);
const bytes = new Uint8Array(readFileSync(MODEL));
const model = await loadModel(bytes, { provider: 'cpu' });
const { shape } = model.card;
const sampler = ddim();
const open = async (unrolled: boolean) => {
  const { model, nodes } = await exportSampler(bytes, sampler, { steps: STEPS, unrolled });
  return { nodes, ...(await createSession(model, { provider: 'cpu' })) };
};
const [looped, unrolled] = [await open(false), await open(true)];
console.log(
  `${model.card.name}, ddim, ${STEPS} steps, ${looped.nodes} nodes, unrolled ${unrolled.nodes}, ${rounds} rounds in turns`,
);

for (const count of [1, 64]) {
  const dims = [count, ...shape];
  const noise = normals(new Float32Array(dims.reduce((a, b) => a * b)), { seed: 1 });
  const feeds = {
    noise: new Tensor('float32', noise, dims),
    label: new Tensor('int32', new Int32Array(count).fill(3), [count]),
  };
  const sides = {
    Loop: () => looped.session.run(feeds),
    unrolled: () => unrolled.session.run(feeds),
    'sample()': () =>
      sample(model, { sampler, steps: STEPS, count, seed: 1, label: 3, initial: noise }).result,
  };
  for (const run of Object.values(sides)) await run();
  const times = Object.entries(sides).map(([name, run]) => ({ name, run, seconds: [] as number[] }));
  for (let i = 0; i < rounds; i++) for (const side of times) side.seconds.push(await seconds(side.run));
  console.log(`${count} samples`);
  const base = times.at(-1)!.seconds;
  for (const { name, seconds: found } of times) {
    const ratios = found.map((t, i) => t / base[i]!);
    const quartiles = [0.25, 0.5, 0.75].map((q) => quantile(ratios, q).toFixed(3)).join(', ');
    const minima = (Math.min(...found) / Math.min(...base)).toFixed(3);
    const ratio = found === base ? '' : `; to sample() ${quartiles} (quartiles), ${minima} (minima)`;
    console.log(`  ${name.padEnd(10)} ${spread(found)}${ratio}`);
  }
}
await looped.session.release();
await unrolled.session.release();
await model.release();
