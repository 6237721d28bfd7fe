import {
  annealedLangevin,
  ddim,
  ddpm,
  dpmSolverMultistep,
  type ModelCard,
  type Sampler,
  uniPc,
} from '@scorebridge/runtime';

/** A sampler that the page offers for models of one noise process. */
export interface SamplerChoice {
  readonly id: string;
  readonly title: string;
  /** What the `steps` control means for it, how many it takes at most, and how many it starts with. */
  readonly stepsLabel: string;
  readonly maxSteps: number;
  /** Those of the model's entry in the list, where undefined. */
  readonly steps?: number;
  make(steps: number): { readonly sampler: Sampler; readonly steps?: number };
}

/** The samplers that fit the model's noise process, the usual one first. */
export function samplersFor({ process }: ModelCard): SamplerChoice[] {
  if (process.kind === 'vp') {
    const stepwise = (id: string, title: string, sampler: Sampler, steps?: number): SamplerChoice => ({
      ...{ id, title, stepsLabel: 'Steps', maxSteps: process.schedule.T },
      ...(steps !== undefined && { steps }),
      make: (steps) => ({ sampler, steps }),
    });
    return [
      stepwise('ddpm-small', 'DDPM, small variance', ddpm({ variance: 'small' })),
      stepwise('ddpm-large', 'DDPM, large variance', ddpm({ variance: 'large' })),
      stepwise('ddim', 'DDIM', ddim(), 25),
      stepwise('dpm-solver', 'DPM-Solver++ 2M', dpmSolverMultistep(), 15),
      stepwise('uni-pc', 'UniPC', uniPc(), 12),
    ];
  }
  const langevin = (id: string, title: string, denoise: boolean): SamplerChoice => ({
    ...{ id, title, stepsLabel: 'Steps per level', maxSteps: 1000 },
    make: (T) => ({ sampler: annealedLangevin({ T, denoise }) }),
  });
  return [
    langevin('langevin-denoised', 'Annealed Langevin, denoised', true),
    langevin('langevin', 'Annealed Langevin', false),
  ];
}
