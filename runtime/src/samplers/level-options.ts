import type { Process } from '../card/model-card.js';
import { CLEAN, type Level, type Marginal } from '../process/level.js';
import { processLevels } from '../process/process-levels.js';
import { defaultSpacing } from '../spacing/default-spacing.js';
import type { Spacing } from '../spacing/spacing.js';
import type { State } from '../sampling/state.js';
import { checkClip, type Clip } from './clip.js';
import type { Plan, StateChain } from './sampler.js';

/** What the samplers that go from level to level have in common. */
export interface LevelOptions {
  /** The levels to visit: `trailing()` of a vp process and `exponential()` of a ve process by default, but for `ddpm` and `heun`. */
  spacing?: Spacing | undefined;
  /** What becomes of estimates of x_0 outside the value range. */
  clip?: Clip | undefined;
  /** Where the last step ends: at clean data ('zero', the default) or at the model's cleanest level (diffusers: `final_sigmas_type`). */
  final?: 'zero' | 'min' | undefined;
}

/** A step from one level to a cleaner one. */
export interface Transition {
  readonly from: Level;
  readonly to: Marginal;
  /** `to` again where it is a level that the network can be asked at; undefined at clean data. */
  readonly next: Level | undefined;
}

/** The levels, the clipping and the end that these options mean. Throws RangeError on options that mean none. */
export function levelOptions({ spacing = defaultSpacing, clip = false, final = 'zero' }: LevelOptions) {
  checkClip(clip);
  const clipped = <A extends State>(chain: StateChain, x0: A): A => chain.clip(x0, clip) as A;
  return {
    /** Dynamic thresholds are quantiles, which are found in main memory. */
    onDevice: typeof clip === 'boolean',
    plan(process: Process, steps?: number): Plan {
      const levels = spacing(process, steps);
      return { levels, steps: levels.length };
    },
    /** From each level to the next, and from the last to the end. */
    transitions({ card: { process } }: StateChain, { levels }: Plan): Transition[] {
      const end = final === 'min' ? processLevels(process).at(-1) : undefined;
      return levels.map((from, i) => {
        const next = levels[i + 1] ?? end;
        return { from, to: next ?? CLEAN, next };
      });
    },
    /** An estimate of x_0, clipped in place. */
    clipped,
    /** The estimate of x_0 at the chain's x, clipped; the array holds until the next network call. */
    x0: async <C extends StateChain>(chain: C, level: Level) =>
      clipped(chain, (await chain.estimate('x0', level)) as Awaited<ReturnType<C['estimate']>>),
  };
}
