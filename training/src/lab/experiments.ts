import type { Experiment } from './experiment.js';
import { elbo } from './experiments/elbo.js';
import { energy } from './experiments/energy.js';
import { forward } from './experiments/forward.js';
import { hutchinson } from './experiments/hutchinson.js';
import { levels } from './experiments/levels.js';
import { lowDensity } from './experiments/low-density.js';
import { manifold } from './experiments/manifold.js';
import { matching } from './experiments/matching.js';
import { modes } from './experiments/modes.js';
import { muOrEps } from './experiments/mu-or-eps.js';
import { ncsn } from './experiments/ncsn.js';
import { reverse } from './experiments/reverse.js';

/** The lab's experiments, in the order in which the theory tells them. */
export const experiments: readonly Experiment[] = [
  energy,
  matching,
  hutchinson,
  lowDensity,
  manifold,
  modes,
  levels,
  ncsn,
  forward,
  reverse,
  elbo,
  muOrEps,
];
