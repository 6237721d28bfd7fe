// Loads, samples and releases a model again and again; prints the resident memory in MiB after each hundredth as JSON.
import { ddpm, loadModel, sample } from '@scorebridge/runtime';

const [path, rounds] = [process.argv[2], Number(process.argv[3])];
const memory = [];
for (let round = 1; round <= rounds; round++) {
  const model = await loadModel(path, { provider: 'cpu', threads: 1 });
  await sample(model, { sampler: ddpm(), steps: 3, count: 4, seed: round, batch: 2 }).result;
  await model.release();
  if (round % 100 > 0) continue;
  globalThis.gc();
  memory.push(process.memoryUsage().rss / 2 ** 20);
}
process.stdout.write(JSON.stringify(memory));
