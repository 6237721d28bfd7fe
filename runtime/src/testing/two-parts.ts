import type { Process } from '../card/model-card.js';
import type { Component } from './mixture.js';

/** What samplers are held against step by step: a process of each kind, a mixture of two parts, two samples of noise. */
export const vp: Process = {
  kind: 'vp',
  schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 2e-2, T: 1000 },
};
export const ve: Process = {
  kind: 've',
  schedule: { name: 'geometric', sigmaMax: 20, sigmaMin: 0.02, L: 10 },
};

export const components: readonly Component[] = [
  { weight: 0.6, mean: [1, 0.5], std: [0.4, 0.3] },
  { weight: 0.4, mean: [-1, -0.5], std: [0.2, 0.5] },
];

export const startOf = (process: Process): Float64Array =>
  Float64Array.of(0.3, -2, 1.5, 0.8).map((x) => (process.kind === 've' ? 20 * x : x));
