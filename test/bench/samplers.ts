/**
 * How good samples are for how many network calls: each sampler by the Fréchet distance of its digits, and how many of
 * them the judge gives the label that was asked for, each the mean over the seeds.
 * `npm run bench:samplers [-- --count 500 --seeds 1 --provider cpu --batch 64 --only REGEXP]`.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
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
  type ProviderName,
  sample,
  type Sampler,
  uniPc,
} from '@scorebridge/runtime';
import { meanAndDeviation } from '../../training/src/evaluation/mean-and-deviation.js';
import { judgeRealDigits, loadJudge, loadMnist, scoreCard, type ScoreCard } from '@scorebridge/training';

const MODEL = new URL('../../web-demo/public/models/mnist-labelled.onnx', import.meta.url);
const CALLS = [5, 10, 20, 50];
const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '500' },
    seeds: { type: 'string', default: '1' },
    provider: { type: 'string', default: 'cpu' },
    batch: { type: 'string', default: '64' },
    only: { type: 'string', default: '' },
  },
});
const [count, seeds, batch] = [options.count, options.seeds, options.batch].map(Number) as [
  number,
  number,
  number,
];

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

const model = await loadModel(fileURLToPath(MODEL), { provider: options.provider as ProviderName });
const judge = await loadJudge();
const load = async (split: 'train' | 'test') => (await loadMnist({ split })).images;
const real = await judgeRealDigits(judge, { training: await load('train'), test: await load('test') }, count);
const label = Array.from({ length: count }, (_, i) => i % 10);

async function score(sampler: Sampler, steps: number, seed: number): Promise<ScoreCard> {
  const { samples } = await sample(model, { sampler, steps, count, batch, seed, label }).result;
  const digits = samples.map((value) => Math.min(Math.max((value + 1) / 2, 0), 1));
  return scoreCard(await judge.judge(digits), real, label);
}

const cards = async (sampler: Sampler, steps: number): Promise<ScoreCard[]> => {
  const all: ScoreCard[] = [];
  for (let seed = 0; seed < seeds; seed++) all.push(await score(sampler, steps, seed));
  return all;
};

function cell(all: readonly ScoreCard[]): string {
  const frechet = meanAndDeviation(all.map((card) => card.frechet));
  const right = meanAndDeviation(all.map(({ rightLabel }) => 100 * rightLabel!));
  const spread = seeds > 1 ? ` +- ${frechet.deviation.toFixed(1)}` : '';
  return `${frechet.mean.toFixed(1)}${spread} ${right.mean.toFixed(1)}%`;
}

const row = (name: string, cells: readonly string[]) =>
  console.log(name.padEnd(30) + cells.map((text) => text.padStart(20)).join(''));

console.log(`${model.card.name}, ${seeds} x ${count} digits: Fréchet distance and right labels`);
row('network calls', CALLS.map(String));
const chosen = Object.entries(samplers).filter(([name]) => new RegExp(options.only, 'i').test(name));
for (const [name, { sampler, calls = 1 }] of chosen) {
  const cells: string[] = [];
  for (const n of CALLS) cells.push(cell(await cards(sampler, Math.floor(n / calls))));
  row(name, cells);
}
const longest = await cards(ddpm(), 1000);
row('ddpm, 1,000 calls', [cell(longest)]);
const [{ floorCount, frechetFloor }] = longest as [ScoreCard];
row(`${floorCount} real test digits`, [frechetFloor.toFixed(1)]);
await model.release();
await judge.release();
