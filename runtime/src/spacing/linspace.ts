import { processLevels } from '../process/process-levels.js';
import { respace } from '../process/respace.js';
import type { Spacing } from './spacing.js';

/**
 * The model's own levels, evenly chosen by index, the noisiest and the cleanest among them: numpy's linspace(0, T - 1, n),
 * rounded (diffusers: `timestep_spacing='linspace'`; Lin et al., "Common diffusion noise schedules and sample steps are
 * flawed", 2023, table 2).
 */
export const linspace = (): Spacing => (process, steps) => respace(processLevels(process), steps);
