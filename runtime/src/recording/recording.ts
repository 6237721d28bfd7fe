import type { Clip } from '../samplers/clip.js';

/** A sampler written down: what it does with samples, estimates and noise, as numbers. */
export interface Recording {
  readonly name: string;
  readonly start: Start;
  /** x <- onX x + onNoise z before the first network call; onNoise is 0 where no noise is drawn. */
  readonly before: { readonly onX: number; readonly onNoise: number };
  /** In order. */
  readonly calls: readonly RecordedCall[];
}

/** Where x starts: offset + factor u, u being standard normal or uniform on [0, 1). */
export interface Start {
  readonly draw: 'normal' | 'uniform';
  readonly offset: number;
  readonly factor: number;
}

/** A network call, and how x goes on from there: x' = the sum of `next`. */
export interface RecordedCall {
  /** What the network is told. */
  readonly level: number;
  /** The estimate is onX x + onPrediction prediction, clipped. */
  readonly onX: number;
  readonly onPrediction: number;
  readonly clip: Clip;
  /** Whether normals are drawn after this call, before the next one. */
  readonly noise: boolean;
  /** Of noise with a learned variance: its standard deviation is exp(smallest + v range). */
  readonly learned?: { readonly smallest: number; readonly range: number };
  readonly next: readonly RecordedTerm[];
}

/** A coefficient, and what it multiplies: x at a network call, the estimate of one, or the noise drawn after one. */
export interface RecordedTerm {
  readonly coefficient: number;
  readonly of: 'x' | 'estimate' | 'noise';
  /** How many network calls ago, 0 being the last one. */
  readonly ago: number;
}
