import type { AdamWOptions } from './adamw.js';
import type { AverageName } from './training-state.js';

export interface OptimiserOptions extends AdamWOptions {
  /** The gradient is scaled down to this norm where it is larger; 1 by default. */
  clipNorm?: number;
  /** Weight decay of kernels and tables; biases, norm scales and offsets have none. 0 by default. */
  weightDecay?: number;
  /** Decay of the moving average of the parameters; 0.999 by default. */
  emaDecay?: number;
  /** Further moving averages, by the names of their state vectors: the half-life of each, in steps. */
  averages?: Readonly<Record<AverageName, number>>;
}
