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
import { eulerAncestral } from '../samplers/euler-ancestral.js';
import { euler } from '../samplers/euler.js';
import { hamiltonian } from '../samplers/hamiltonian.js';
import { heun } from '../samplers/heun.js';
import { langevin } from '../samplers/langevin.js';
import { lms } from '../samplers/lms.js';
import { mala } from '../samplers/mala.js';
import { predictorCorrector } from '../samplers/predictor-corrector.js';
import { ancestral } from '../samplers/predictors/ancestral.js';
import { eulerMaruyama } from '../samplers/predictors/euler-maruyama.js';
import { probabilityFlow } from '../samplers/probability-flow.js';
import type { Sampler } from '../samplers/sampler.js';
import { uniPc } from '../samplers/uni-pc.js';
import { atSigmas } from '../spacing/at-levels.js';
import { exponential } from '../spacing/exponential.js';
import { karras } from '../spacing/karras.js';
import { linspace } from '../spacing/linspace.js';
import { ddimInversion } from '../tasks/ddim-inversion.js';
import { inpaint } from '../tasks/inpaint.js';
import { sdEdit } from '../tasks/sd-edit.js';

export interface SamplerCase {
  /** The name of the function that makes it, and what is special about it. */
  readonly name: string;
  readonly sampler: Sampler;
  readonly steps?: number;
}

/**
 * Each sampler and task there is, with options that take it through its parts, for samples of the size of `tinyModel`'s.
 *
 * @param given [count, ...shape], of the tasks
 */
export const everySampler = (given: Float32Array): readonly SamplerCase[] => [
  { name: 'annealedLangevin', sampler: annealedLangevin({ T: 2, eps: 1e-3 }) },
  { name: 'ddim', sampler: ddim({ spacing: linspace() }), steps: 4 },
  { name: 'ddim with noise', sampler: ddim({ eta: 1, spacing: karras() }), steps: 5 },
  { name: 'ddpm', sampler: ddpm(), steps: 4 },
  { name: 'ddpm with thresholds', sampler: ddpm({ variance: 'large', clip: { quantile: 0.7 } }), steps: 5 },
  { name: 'deis', sampler: deis({ order: 3 }), steps: 6 },
  { name: 'dpmSolverMultistep', sampler: dpmSolverMultistep({ order: 3 }), steps: 6 },
  { name: 'dpmSolverMultistep, SDE', sampler: dpmSolverMultistep({ sde: true }), steps: 6 },
  { name: 'dpmSolverPP2MSde', sampler: dpmSolverPP2MSde(), steps: 5 },
  { name: 'dpmSolverPP2SAncestral', sampler: dpmSolverPP2SAncestral(), steps: 5 },
  { name: 'dpmSolverPP3MSde', sampler: dpmSolverPP3MSde(), steps: 6 },
  { name: 'dpmSolverPPSde', sampler: dpmSolverPPSde(), steps: 5 },
  { name: 'dpmSolverSinglestep', sampler: dpmSolverSinglestep({ order: 3 }), steps: 7 },
  { name: 'euler', sampler: euler({ sChurn: 4, spacing: exponential({ rho: 2 }) }), steps: 5 },
  { name: 'eulerAncestral', sampler: eulerAncestral(), steps: 5 },
  { name: 'hamiltonian', sampler: hamiltonian({ eps: 0.5, leapfrog: 3 }), steps: 6 },
  { name: 'heun', sampler: heun({ sChurn: 4 }), steps: 4 },
  { name: 'langevin', sampler: langevin({ eps: 0.1 }), steps: 6 },
  { name: 'lms', sampler: lms({ spacing: atSigmas([4, 2, 1, 0.5, 0.25, 0.1]) }) },
  { name: 'mala', sampler: mala({ eps: 1 }), steps: 8 },
  {
    name: 'predictorCorrector',
    sampler: predictorCorrector({ predictor: ancestral, corrector: langevinCorrector({ steps: 2 }) }),
    steps: 5,
  },
  {
    name: 'predictorCorrector, Euler-Maruyama',
    sampler: predictorCorrector({ predictor: eulerMaruyama }),
    steps: 5,
  },
  { name: 'probabilityFlow', sampler: probabilityFlow({ rtol: 1e-3, atol: 1e-3 }), steps: 3 },
  { name: 'uniPc', sampler: uniPc({ order: 3 }), steps: 6 },
  { name: 'ddimInversion', sampler: ddimInversion({ x0: given }), steps: 5 },
  {
    name: 'inpaint',
    sampler: inpaint(ddpm(), { known: given, mask: given.map((value) => Number(value > 0)), resamplings: 2 }),
    steps: 4,
  },
  { name: 'sdEdit', sampler: sdEdit(eulerAncestral(), { x0: given, strength: 0.6 }), steps: 5 },
];
