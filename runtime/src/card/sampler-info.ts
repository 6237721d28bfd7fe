/** The key of `metadata_props` under which a sampler's file says what it is, as JSON: `SamplerInfo`. */
export const SAMPLER_KEY = 'scorebridge.sampler';

/** What the file of a whole sampler says of itself, beside the card of its model. */
export interface SamplerInfo {
  readonly format: '1.0';
  readonly sampler: string;
  /** Network calls of a run. */
  readonly calls: number;
  /** Weight w of the guidance; 0 is none. */
  readonly guidance: number;
  /** What `noise` has to be: standard normals, or uniform numbers from 0 to 1. */
  readonly start: 'normal' | 'uniform';
  /** How many draws `step_noise` has. */
  readonly draws: number;
  readonly noise: 'input' | 'inside';
  readonly unrolled: boolean;
}
