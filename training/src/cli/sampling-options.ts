import type { ModelCard, ProviderName, Sampler } from '@scorebridge/runtime';
import { type Command, Option } from 'commander';
import {
  finiteNumber,
  type LabelChoice,
  labelChoice,
  providerOption,
  solverOrder,
  stepSize,
  wholeNumber,
} from './options.js';
import {
  LEVEL_STEPS,
  makeSampler,
  type SamplerName,
  type SamplerOptions,
  SAMPLERS,
  SPACINGS,
  VARIANCES,
} from './sampler-choices.js';

/** How samples are to be drawn, as the command line says it. */
export interface SamplingOptions extends SamplerOptions {
  readonly count: number;
  readonly seed: number;
  readonly steps?: number;
  readonly label?: LabelChoice;
  readonly guidance: number;
  readonly guide?: string;
  readonly sampler?: SamplerName;
  readonly provider: ProviderName | 'auto';
  readonly threads?: number;
  readonly batch?: number;
}

/** Adds the options that say which sampler, and how it steps. */
export const addSamplerOptions = (command: Command): Command =>
  command
    .option(
      '--steps <n>',
      `steps; of annealed-langevin at each level (default: ${LEVEL_STEPS} of a vp model, annealed-langevin and hamiltonian 100, langevin and mala 1000)`,
      wholeNumber(1),
    )
    .addOption(
      new Option(
        '--sampler <name>',
        'the default is ddpm for a vp model, annealed-langevin for a ve model; mala and hamiltonian need a model with an energy',
      ).choices(Object.keys(SAMPLERS)),
    )
    .option(
      '--eps <eps>',
      "step size of the Langevin samplers (default: 2e-5; 'auto' fits annealed-langevin to the model's levels), or of hamiltonian (default: 4.5e-3)",
      stepSize,
    )
    .addOption(
      new Option(
        '--spacing <name>',
        'which noise levels the samplers that go from level to level visit (default: linspace of a vp model, and of a ve model exponential but for ddpm)',
      ).choices(Object.keys(SPACINGS)),
    )
    .option(
      '--eta <eta>',
      'noise of a step of ddim (default: 0, none) and of the ancestral and sde samplers (default: 1, that of ddpm)',
      finiteNumber,
    )
    .option(
      '--order <n>',
      'order of the solvers dpm-solver-multistep, dpm-solver-singlestep, deis and uni-pc (default: 2)',
      solverOrder,
    )
    .option('--leapfrog <n>', 'leapfrog steps to each step of hamiltonian (default: 10)', wholeNumber(1))
    .addOption(
      new Option(
        '--variance <kind>',
        'of a step of ddpm: betat_t (small), beta_t (large) or what the model has learned (default: learned where it has, else small)',
      ).choices(VARIANCES),
    );

/** Adds the options of every command that draws samples. */
export const addSamplingOptions = (command: Command, count: number): Command =>
  addSamplerOptions(command)
    .option('--count <n>', 'number of samples', wholeNumber(1), count)
    .option('--seed <n>', 'sample i of a seed is the same on every machine', wholeNumber(0), 0)
    .option(
      '--label <labels>',
      "3, or 0,1,2 dealt out in turn, 'all' or 'none' (default: all, if there are any)",
      labelChoice,
    )
    .option('--guidance <w>', 'eps = (1 + w) eps_label - w eps_none', finiteNumber, 0)
    .option(
      '--guide <weak.onnx>',
      'in place of eps_none that of a weaker model of the same, such as an earlier checkpoint; needs no labels',
    )
    .addOption(providerOption())
    .option('--threads <n>', 'threads of one operator (default: as many as cores)', wholeNumber(1))
    .option(
      '--batch <n>',
      'samples of one network call (default: 64, fewer of large samples)',
      wholeNumber(1),
    );

/** The sampler that the options mean for a model, and the steps to ask it for (undefined: its own number). */
export function chooseSampler(
  { process }: Pick<ModelCard, 'process'>,
  {
    sampler = process.kind === 'vp' ? 'ddpm' : 'annealed-langevin',
    steps,
    ...options
  }: SamplerOptions & Pick<SamplingOptions, 'sampler' | 'steps'> & { readonly guidance?: number },
): { sampler: Sampler; steps?: number } {
  return makeSampler(sampler, options, steps, process);
}
