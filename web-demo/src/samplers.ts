import { annealedLangevin, ddpm, type ModelCard, type Sampler } from '@scorebridge/runtime';

/** A sampler that the page offers for models of one noise process. */
export interface SamplerChoice {
  readonly id: string;
  readonly title: string;
  /** What the `steps` control means for it, and how many it takes at most. */
  readonly stepsLabel: string;
  readonly maxSteps: number;
  make(steps: number): { readonly sampler: Sampler; readonly steps?: number };
}

/** The samplers that fit the model's noise process, the usual one first. */
export function samplersFor({ process }: ModelCard): SamplerChoice[] {
  if (process.kind === 'vp') {
    const common = { stepsLabel: 'Steps', maxSteps: process.schedule.T };
    return [
      {
        ...common,
        id: 'ddpm-small',
        title: 'DDPM, small variance',
        make: (steps) => ({ sampler: ddpm({ variance: 'small' }), steps }),
      },
      {
        ...common,
        id: 'ddpm-large',
        title: 'DDPM, large variance',
        make: (steps) => ({ sampler: ddpm({ variance: 'large' }), steps }),
      },
    ];
  }
  const common = { stepsLabel: 'Steps per level', maxSteps: 1000 };
  return [
    {
      ...common,
      id: 'langevin-denoised',
      title: 'Annealed Langevin, denoised',
      make: (T) => ({ sampler: annealedLangevin({ T, denoise: true }) }),
    },
    {
      ...common,
      id: 'langevin',
      title: 'Annealed Langevin',
      make: (T) => ({ sampler: annealedLangevin({ T, denoise: false }) }),
    },
  ];
}
