import type { Process, VpProcess } from '../card/model-card.js';
import { alphaBars } from '../schedules/alpha-bars.js';
import { cosineBetas } from '../schedules/cosine-betas.js';
import { geometricSigmas } from '../schedules/geometric-sigmas.js';
import { linearBetas } from '../schedules/linear-betas.js';
import { scaledLinearBetas } from '../schedules/scaled-linear-betas.js';
import { CLEAN, type Marginal, type OwnLevel } from './level.js';

/** beta_t of a vp process; length T + 1, entry 0 is 0. */
export function processBetas({ schedule }: VpProcess): Float64Array {
  switch (schedule.name) {
    case 'linear':
      return linearBetas(schedule);
    case 'scaled-linear':
      return scaledLinearBetas(schedule);
    case 'cosine':
      return cosineBetas(schedule);
  }
}

/** The levels of a process, the noisiest first: t = T..1 for vp, sigma_1..sigma_L for ve. */
export function processLevels(process: Process): OwnLevel[] {
  const noisyToClean: (Marginal & { level: number })[] =
    process.kind === 've'
      ? Array.from(geometricSigmas(process.schedule), (sigma) => ({ level: sigma, scale: 1, sigma }))
      : Array.from(alphaBars(processBetas(process)), (abar, t) => ({
          level: t,
          scale: Math.sqrt(abar),
          sigma: Math.sqrt(1 - abar),
        }))
          .slice(1)
          .reverse();
  return noisyToClean.map((level, i) => ({ ...level, previous: noisyToClean[i + 1] ?? CLEAN }));
}
