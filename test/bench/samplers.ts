/**
 * How good samples are for how many network calls: each sampler by the Fréchet distance of its digits, and how many of
 * them the judge gives the label that was asked for. `npm run bench:samplers [-- count [seed]]`.
 */
import { fileURLToPath } from 'node:url';
import {
  ddim,
  ddpm,
  deis,
  dpmSolverMultistep,
  dpmSolverPP2MSde,
  euler,
  eulerAncestral,
  exponential,
  heun,
  karras,
  lms,
  loadModel,
  sample,
  type Sampler,
  uniPc,
} from '@scorebridge/runtime';
import { judgeRealDigits, loadJudge, loadMnist, scoreCard, type ScoreCard } from '@scorebridge/training';

const MODEL = new URL('../../web-demo/public/models/mnist-labelled.onnx', import.meta.url);
const CALLS = [5, 10, 20, 50];
const count = Number(process.argv[2] ?? 500);
const seed = Number(process.argv[3] ?? 0);

/** A sampler and what a step of it costs in network calls. */
const samplers: Record<string, { sampler: Sampler; calls?: number }> = {
  ddpm: { sampler: ddpm() },
  ddim: { sampler: ddim() },
  euler: { sampler: euler() },
  'euler ancestral': { sampler: eulerAncestral() },
  heun: { sampler: heun(), calls: 2 },
  lms: { sampler: lms() },
  'dpm-solver++ 2M': { sampler: dpmSolverMultistep() },
  'dpm-solver++ 2M, sde': { sampler: dpmSolverPP2MSde() },
  uniPc: { sampler: uniPc() },
  deis: { sampler: deis() },
  'euler, karras': { sampler: euler({ spacing: karras() }) },
  'euler, exponential': { sampler: euler({ spacing: exponential() }) },
};

const model = await loadModel(fileURLToPath(MODEL), { provider: 'cpu' });
const judge = await loadJudge();
const load = async (split: 'train' | 'test') => (await loadMnist({ split })).images;
const real = await judgeRealDigits(judge, { training: await load('train'), test: await load('test') }, count);
const label = Array.from({ length: count }, (_, i) => i % 10);

async function score(sampler: Sampler, steps: number): Promise<ScoreCard> {
  const { samples } = await sample(model, { sampler, steps, count, seed, label }).result;
  const digits = samples.map((value) => Math.min(Math.max((value + 1) / 2, 0), 1));
  return scoreCard(await judge.judge(digits), real, label);
}

const cell = ({ frechet, rightLabel }: ScoreCard) =>
  `${frechet.toFixed(1)} ${(100 * rightLabel!).toFixed(1)}%`;
const row = (name: string, cells: readonly string[]) =>
  console.log(name.padEnd(30) + cells.map((text) => text.padStart(14)).join(''));

console.log(`${model.card.name}, ${count} digits, seed ${seed}: Fréchet distance and right labels`);
row('network calls', CALLS.map(String));
for (const [name, { sampler, calls = 1 }] of Object.entries(samplers)) {
  const cells: string[] = [];
  for (const n of CALLS) cells.push(cell(await score(sampler, Math.floor(n / calls))));
  row(name, cells);
}
const longest = await score(ddpm(), 1000);
row('ddpm, 1,000 calls', [cell(longest)]);
row(`${longest.floorCount} real test digits`, [longest.frechetFloor.toFixed(1)]);
await model.release();
await judge.release();
