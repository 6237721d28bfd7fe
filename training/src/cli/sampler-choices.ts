import {
  annealedLangevin,
  ddim,
  ddpm,
  deis,
  dpmSolverMultistep,
  dpmSolverPP2MSde,
  dpmSolverPP2SAncestral,
  dpmSolverPP3MSde,
  dpmSolverPPSde,
  dpmSolverSinglestep,
  euler,
  eulerAncestral,
  exponential,
  hamiltonian,
  heun,
  karras,
  langevin,
  langevinCorrector,
  leading,
  linspace,
  lms,
  mala,
  predictorCorrector,
  probabilityFlow,
  type Process,
  type Sampler,
  type Spacing,
  trailing,
  uniPc,
} from '@scorebridge/runtime';

export const VARIANCES = ['small', 'large', 'learned'] as const;
export type Variance = (typeof VARIANCES)[number];

/** The spacings by the names that the command line has for them. */
export const SPACINGS = { linspace, leading, trailing, karras, exponential } satisfies Record<
  string,
  () => Spacing
>;
export type SpacingName = keyof typeof SPACINGS;

/** Orders of the solvers that have several. */
export const ORDERS = [1, 2, 3] as const;
export type SolverOrder = (typeof ORDERS)[number];

/** What the command line says of a sampler beside its name and its steps. */
export interface SamplerOptions {
  readonly spacing?: SpacingName;
  readonly eta?: number;
  readonly order?: SolverOrder;
  readonly variance?: Variance;
  readonly eps?: number | 'auto';
  readonly leapfrog?: number;
}

type OptionName = keyof SamplerOptions;

interface SamplerChoice {
  /** The options that it takes. */
  readonly options: readonly OptionName[];
  /** The sampler, and the steps to ask it for; undefined: its own number. */
  make(
    options: SamplerOptions,
    steps: number | undefined,
    process: Process,
  ): { sampler: Sampler; steps?: number };
}

/** Steps that take a vp model from noise to data unless told otherwise: a twentieth of the usual chain. */
export const LEVEL_STEPS = 50;

/** Samplers that go from level to level. */
const alongLevels = (
  options: readonly OptionName[],
  make: (options: Omit<SamplerOptions, 'spacing'> & { spacing: Spacing | undefined }) => Sampler,
): SamplerChoice => ({
  options: ['spacing', ...options],
  make({ spacing, ...rest }, steps, process) {
    const own = process.kind === 'vp' ? Math.min(LEVEL_STEPS, process.schedule.T) : undefined;
    const sampler = make({ ...rest, spacing: spacing && SPACINGS[spacing]() });
    return { sampler, steps: steps ?? own };
  },
});

/** Samplers that stay at one level. */
const atOneLevel = (
  options: readonly OptionName[],
  make: (options: { eps: number | undefined; leapfrog: number | undefined }) => Sampler,
): SamplerChoice => ({
  options: ['eps', ...options],
  make({ eps, leapfrog }, steps) {
    if (eps === 'auto') throw new RangeError('--eps auto is for annealed-langevin: say a number.');
    return { sampler: make({ eps, leapfrog }), steps };
  },
});

/** The samplers by the names that the command line has for them. */
export const SAMPLERS = {
  ddpm: alongLevels(['variance'], ({ variance, spacing }) => ddpm({ variance, spacing })),
  ddim: alongLevels(['eta'], ({ eta, spacing }) => ddim({ eta, spacing })),
  euler: alongLevels([], euler),
  'euler-ancestral': alongLevels(['eta'], eulerAncestral),
  heun: alongLevels([], heun),
  lms: alongLevels([], ({ spacing }) => lms({ spacing })),
  'dpm-solver-multistep': alongLevels(['order'], dpmSolverMultistep),
  'dpm-solver-singlestep': alongLevels(['order'], dpmSolverSinglestep),
  'dpm-solver-2s-ancestral': alongLevels(['eta'], dpmSolverPP2SAncestral),
  'dpm-solver-sde': alongLevels(['eta'], dpmSolverPPSde),
  'dpm-solver-2m-sde': alongLevels(['eta'], dpmSolverPP2MSde),
  'dpm-solver-3m-sde': alongLevels(['eta'], dpmSolverPP3MSde),
  deis: alongLevels(['order'], deis),
  'uni-pc': alongLevels(['order'], uniPc),
  'predictor-corrector': alongLevels([], ({ spacing }) =>
    predictorCorrector({ spacing, corrector: langevinCorrector() }),
  ),
  'probability-flow': { options: [], make: (_, steps) => ({ sampler: probabilityFlow(), steps }) },
  'annealed-langevin': {
    options: ['eps'],
    make: ({ eps }, steps) => ({ sampler: annealedLangevin({ T: steps, eps }) }),
  },
  langevin: atOneLevel([], ({ eps }) => langevin({ eps })),
  mala: atOneLevel([], ({ eps }) => mala({ eps })),
  hamiltonian: atOneLevel(['leapfrog'], hamiltonian),
} as const satisfies Record<string, SamplerChoice>;
export type SamplerName = keyof typeof SAMPLERS;

/**
 * The sampler of this name, and the steps to ask it for (undefined: its own number).
 *
 * @throws RangeError in one sentence if an option is not one of the sampler's, or has a value that is not
 */
export function makeSampler(
  name: SamplerName,
  options: SamplerOptions,
  steps: number | undefined,
  process: Process,
): { sampler: Sampler; steps?: number } {
  const choices: Record<SamplerName, SamplerChoice> = SAMPLERS;
  for (const option of ['spacing', 'eta', 'order', 'variance', 'eps', 'leapfrog'] as const) {
    if (options[option] === undefined || choices[name].options.includes(option)) continue;
    const takers = Object.keys(choices).filter((other) =>
      choices[other as SamplerName].options.includes(option),
    );
    const list =
      takers.length > 1
        ? `samplers ${takers.slice(0, -1).join(', ')} and ${takers.at(-1)}`
        : `sampler ${takers[0]}`;
    throw new RangeError(`--${option} is for the ${list}: leave it out with ${name}.`);
  }
  return choices[name].make(options, steps, process);
}
