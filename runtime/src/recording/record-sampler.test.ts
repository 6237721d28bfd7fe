import { expect, test } from 'vitest';
import type { Process } from '../card/model-card.js';
import type { ScoreSource } from '../model/score-model.js';
import { normals } from '../noise/normal.js';
import { annealedLangevin } from '../samplers/annealed-langevin.js';
import { langevinCorrector } from '../samplers/correctors/langevin-corrector.js';
import { ddim } from '../samplers/ddim.js';
import { ddpm } from '../samplers/ddpm.js';
import { deis } from '../samplers/deis.js';
import { dpmSolverPP2MSde } from '../samplers/dpm-solver-2m-sde.js';
import { dpmSolverPP2SAncestral } from '../samplers/dpm-solver-2s-ancestral.js';
import { dpmSolverPP3MSde } from '../samplers/dpm-solver-3m-sde.js';
import { dpmSolverMultistep } from '../samplers/dpm-solver-multistep.js';
import { dpmSolverPPSde } from '../samplers/dpm-solver-sde.js';
import { dpmSolverSinglestep } from '../samplers/dpm-solver-singlestep.js';
import { euler } from '../samplers/euler.js';
import { eulerAncestral } from '../samplers/euler-ancestral.js';
import { hamiltonian } from '../samplers/hamiltonian.js';
import { heun } from '../samplers/heun.js';
import { langevin } from '../samplers/langevin.js';
import { lms } from '../samplers/lms.js';
import { mala } from '../samplers/mala.js';
import { predictorCorrector } from '../samplers/predictor-corrector.js';
import { probabilityFlow } from '../samplers/probability-flow.js';
import type { Sampler } from '../samplers/sampler.js';
import { uniPc } from '../samplers/uni-pc.js';
import { sample } from '../sampling/sample.js';
import { sdEdit } from '../tasks/sd-edit.js';
import { mixture } from '../testing/mixture.js';
import { recordSampler } from './record-sampler.js';
import type { Recording, RecordedTerm } from './recording.js';

const vp: Process = { kind: 'vp', schedule: { name: 'cosine', s: 0.008, T: 100 } };
const ve: Process = { kind: 've', schedule: { name: 'geometric', sigmaMax: 5, sigmaMin: 0.1, L: 8 } };
const components = [
  { weight: 0.3, mean: [1, -1], std: [0.3, 0.5] },
  { weight: 0.7, mean: [-1, 0.5], std: [0.5, 0.2] },
];
const seed = 17;
const count = 3;
const draw = (step: number) => normals(new Float32Array(2 * count), { seed, step });

/** What a recording says, done in float64. */
async function replay({ before, calls }: Recording, { predictFloat64 }: ScoreSource, start: Float64Array) {
  let draws = 0;
  let x = start.map((value) => before.onX * value);
  if (before.onNoise !== 0) {
    const z = draw(draws++);
    x = x.map((value, i) => value + before.onNoise * z[i]!);
  }
  const kept: Record<RecordedTerm['of'], ArrayLike<number>[]> = { x: [], estimate: [], noise: [] };
  for (const { level, onX, onPrediction, clip, noise, next } of calls) {
    const prediction = await predictFloat64!(x, level);
    kept.x.unshift(x);
    kept.estimate.unshift(
      x.map((value, i) => {
        const estimate = onX * value + onPrediction * prediction[i]!;
        return clip === true ? Math.min(Math.max(estimate, -1), 1) : estimate;
      }),
    );
    kept.noise.unshift(noise ? draw(draws++) : []);
    x = x.map((_, i) =>
      next.reduce((sum, { coefficient, of, ago }) => sum + coefficient * kept[of][ago]![i]!, 0),
    );
  }
  return x;
}

const churn = { sChurn: 8, sNoise: 1.01 };
test.each<[name: string, sampler: Sampler, process: Process, steps?: number]>([
  ['ddpm', ddpm(), vp, 12],
  ['ddpm, large variance, unclipped', ddpm({ variance: 'large', clip: false }), vp, 12],
  ['ddpm, to the cleanest level', ddpm({ final: 'min' }), ve],
  ['ddim', ddim(), vp, 12],
  ['ddim with noise', ddim({ eta: 0.7, clip: false }), vp, 12],
  ['euler', euler(), ve],
  ['euler with churn', euler(churn), vp, 12],
  [
    'euler with churn from below the noisiest level',
    euler({ ...churn, spacing: (p) => euler().plan(p, 9).levels.slice(1) }),
    vp,
  ],
  ['euler ancestral', eulerAncestral(), vp, 12],
  ['heun', heun(), vp, 7],
  ['heun with churn', heun({ ...churn, clip: true }), vp, 7],
  ['lms', lms(), vp, 12],
  ['dpm-solver multistep, order 1', dpmSolverMultistep({ order: 1 }), vp, 12],
  ['dpm-solver multistep', dpmSolverMultistep(), vp, 12],
  ['dpm-solver multistep, order 3', dpmSolverMultistep({ order: 3, final: 'min' }), vp, 12],
  ['dpm-solver multistep, sde', dpmSolverMultistep({ sde: true }), vp, 12],
  ['dpm-solver singlestep', dpmSolverSinglestep({ order: 3 }), vp, 12],
  ['dpm-solver 2s ancestral', dpmSolverPP2SAncestral(), vp, 7],
  ['dpm-solver sde', dpmSolverPPSde(), vp, 7],
  ['dpm-solver 2m sde', dpmSolverPP2MSde(), vp, 12],
  ['dpm-solver 3m sde', dpmSolverPP3MSde(), vp, 12],
  ['deis', deis({ order: 3 }), vp, 12],
  ['uni-pc', uniPc({ order: 3 }), vp, 12],
  ['predictor alone', predictorCorrector(), ve],
  ['langevin', langevin({ eps: 0.01 }), ve, 200],
  ['annealed langevin', annealedLangevin({ T: 20, eps: 0.01 }), ve],
  ['annealed langevin, vp', annealedLangevin({ T: 20, eps: 'auto', denoise: false }), vp],
])('%s: its coefficients are the sampler', async (_, sampler, process, steps) => {
  const source = mixture({ components, process, parametrisation: 'eps', valueRange: [-1, 1] });
  const recording = await recordSampler(sampler, source.card, { steps });
  const { draw: kind, factor, offset } = recording.start;
  const u = Float64Array.from({ length: 2 * count }, (_, i) => 0.1 + 0.13 * i);
  const start = u.map((value) => offset + factor * value);
  const first = kind === 'normal' ? u : undefined;
  // A run draws its start first, and then on its way.
  const noise = (step: number) => (step === 0 && first ? first : draw(step - 1));
  const { samples } = await sample(source, {
    ...{ sampler, steps, count, seed, noise, float64: true },
    ...(!first && { initial: start, noise: draw }),
  }).result;
  const replayed = await replay(recording, source, start);
  const largest = Math.max(...samples.map(Math.abs));
  const error = Math.max(...samples.map((value, i) => Math.abs(value - replayed[i]!)));
  expect(error, `seed ${seed}`).toBeLessThan(1e-8 * largest);
});

test('a learned variance is written down as the smallest and the range of log sigma', async () => {
  const { card } = mixture({ components, process: vp, parametrisation: 'eps' });
  const { calls } = await recordSampler(ddpm(), card, { steps: 4, variance: true });
  const small = await recordSampler(ddpm({ variance: 'small' }), card, { steps: 4 });
  const large = await recordSampler(ddpm({ variance: 'large' }), card, { steps: 4 });
  const sigma = ({ calls }: Recording, i: number) =>
    calls[i]!.next.find(({ of }) => of === 'noise')!.coefficient;
  for (const [i, { learned, next }] of calls.slice(0, 3).entries()) {
    expect(next.find(({ of }) => of === 'noise')!.coefficient).toBe(1);
    expect(Math.exp(learned!.smallest)).toBeCloseTo(sigma(small, i), 12);
    expect(Math.exp(learned!.smallest + learned!.range)).toBeCloseTo(sigma(large, i), 12);
  }
  expect(calls[3]).toMatchObject({ noise: false, clip: true });
});

test.each<[reason: string, sampler: Sampler]>([
  ['it accepts or rejects', mala()],
  ['it accepts or rejects', hamiltonian()],
  ['how it steps depends on each sample', probabilityFlow()],
  [
    'its steps depend on the samples otherwise than linearly',
    predictorCorrector({ corrector: langevinCorrector() }),
  ],
  ['it keeps to images that are given', sdEdit(ddim(), { x0: new Float32Array(2), strength: 0.5 })],
])('refused by name: %s', async (reason, sampler) => {
  const { card } = mixture({ components, process: vp });
  await expect(recordSampler(sampler, card, { steps: 8 })).rejects.toThrow(
    new RegExp(
      `^The sampler ${sampler.name} cannot be written as a graph, since ${reason}.*, such as ddim\\.$`,
    ),
  );
});
