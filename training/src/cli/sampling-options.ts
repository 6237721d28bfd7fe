import {
  annealedLangevin,
  ddpm,
  hamiltonian,
  langevin,
  mala,
  type ModelCard,
  type ProviderName,
  type Sampler,
} from '@scorebridge/runtime';
import { type Command, Option } from 'commander';
import {
  finiteNumber,
  type LabelChoice,
  labelChoice,
  providerOption,
  stepSize,
  wholeNumber,
} from './options.js';

const SAMPLERS = ['ddpm', 'annealed-langevin', 'langevin', 'mala', 'hamiltonian'] as const;
const VARIANCES = ['small', 'large', 'learned'] as const;
/** Steps of `ddpm` unless told otherwise: a twentieth of the usual chain, which hardly shows in small images. */
const DDPM_STEPS = 50;

export type Variance = (typeof VARIANCES)[number];

/** How samples are to be drawn, as the command line says it. */
export interface SamplingOptions {
  readonly count: number;
  readonly seed: number;
  readonly steps?: number;
  readonly label?: LabelChoice;
  readonly guidance: number;
  readonly sampler?: (typeof SAMPLERS)[number];
  readonly eps?: number | 'auto';
  readonly leapfrog?: number;
  readonly variance?: Variance;
  readonly provider: ProviderName | 'auto';
  readonly threads?: number;
  readonly batch?: number;
}

/** Adds the options of every command that draws samples. */
export const addSamplingOptions = (command: Command, count: number): Command =>
  command
    .option('--count <n>', 'number of samples', wholeNumber(1), count)
    .option('--seed <n>', 'sample i of a seed is the same on every machine', wholeNumber(0), 0)
    .option(
      '--steps <n>',
      `steps; of annealed-langevin at each level (default: ddpm ${DDPM_STEPS}, annealed-langevin and hamiltonian 100, langevin and mala 1000)`,
      wholeNumber(1),
    )
    .option(
      '--label <labels>',
      "3, or 0,1,2 dealt out in turn, 'all' or 'none' (default: all, if there are any)",
      labelChoice,
    )
    .option('--guidance <w>', 'eps = (1 + w) eps_label - w eps_none', finiteNumber, 0)
    .addOption(
      new Option(
        '--sampler <name>',
        'the default is ddpm for a vp model, annealed-langevin for a ve model; mala and hamiltonian need a model with an energy',
      ).choices(SAMPLERS),
    )
    .option(
      '--eps <eps>',
      "step size of the Langevin samplers (default: 2e-5; 'auto' fits annealed-langevin to the model's levels), or of hamiltonian (default: 4.5e-3)",
      stepSize,
    )
    .option('--leapfrog <n>', 'leapfrog steps to each step of hamiltonian (default: 10)', wholeNumber(1))
    .addOption(
      new Option(
        '--variance <kind>',
        'of a step of ddpm: betat_t (small), beta_t (large) or what the model has learned (default: learned where it has, else small)',
      ).choices(VARIANCES),
    )
    .addOption(providerOption())
    .option('--threads <n>', 'threads of one operator (default: as many as cores)', wholeNumber(1))
    .option('--batch <n>', 'samples of one network call (default: 64)', wholeNumber(1));

/** The sampler that the options mean for a model, and the steps to ask it for (undefined: its own number). */
export function chooseSampler(
  { process }: Pick<ModelCard, 'process'>,
  options: SamplingOptions,
): { sampler: Sampler; steps?: number } {
  const {
    sampler = process.kind === 'vp' ? 'ddpm' : 'annealed-langevin',
    steps,
    eps,
    leapfrog,
    variance,
  } = options;
  if (leapfrog !== undefined && sampler !== 'hamiltonian')
    throw new RangeError(`--leapfrog is for the sampler hamiltonian: leave it out with ${sampler}.`);
  if (variance !== undefined && sampler !== 'ddpm')
    throw new RangeError(`--variance is for the sampler ddpm: leave it out with ${sampler}.`);
  if (sampler === 'ddpm') {
    if (eps !== undefined)
      throw new RangeError('--eps is for the Langevin samplers: leave it out with ddpm.');
    return {
      sampler: ddpm({ variance }),
      steps: steps ?? (process.kind === 'vp' ? Math.min(DDPM_STEPS, process.schedule.T) : undefined),
    };
  }
  if (sampler === 'annealed-langevin') return { sampler: annealedLangevin({ T: steps, eps }) };
  if (eps === 'auto')
    throw new RangeError(`--eps auto is for annealed-langevin: say a number with ${sampler}.`);
  if (sampler === 'hamiltonian') return { sampler: hamiltonian({ eps, leapfrog }), steps };
  return { sampler: sampler === 'mala' ? mala({ eps }) : langevin({ eps }), steps };
}
