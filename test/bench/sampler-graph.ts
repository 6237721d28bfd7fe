/**
 * A whole sampler as one ONNX graph, in one call, against the runtime's loop around the network, in turns, in one process.
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
const written = await exportSampler(bytes, sampler, { steps: STEPS });
const { session } = await createSession(written.model, { provider: 'cpu' });
console.log(`${model.card.name}, ddim, ${STEPS} steps, ${written.nodes} nodes, ${rounds} rounds in turns`);

for (const count of [1, 64]) {
  const dims = [count, ...shape];
  const noise = normals(new Float32Array(dims.reduce((a, b) => a * b)), { seed: 1 });
  const feeds = {
    noise: new Tensor('float32', noise, dims),
    label: new Tensor('int32', new Int32Array(count).fill(3), [count]),
  };
  const graph = () => session.run(feeds);
  const loop = () =>
    sample(model, { sampler, steps: STEPS, count, seed: 1, label: 3, initial: noise }).result;
  await graph();
  await loop();
  const times = { graph: [] as number[], loop: [] as number[] };
  for (let i = 0; i < rounds; i++) {
    times.graph.push(await seconds(graph));
    times.loop.push(await seconds(loop));
  }
  const ratios = times.graph.map((t, i) => t / times.loop[i]!);
  console.log(`${count} samples`);
  console.log(`  one graph      ${spread(times.graph)}`);
  console.log(`  sample()       ${spread(times.loop)}`);
  console.log(
    `  ratio          ${[0.25, 0.5, 0.75].map((q) => quantile(ratios, q).toFixed(3)).join(', ')} (quartiles)`,
  );
}
await session.release();
await model.release();
