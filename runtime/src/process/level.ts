/** x = scale x_0 + sigma eps: what the forward process has made of the data at one noise level. */
export interface Marginal {
  /** sqrt(abar_t) for vp, 1 for ve. */
  readonly scale: number;
  /** sqrt(1 - abar_t) for vp, sigma for ve. */
  readonly sigma: number;
}

/** A noise level that a model can be asked at. */
export interface Level extends Marginal {
  /** What the network is told: t in 1..T for vp, sigma for ve. */
  readonly level: number;
  /** See {@link OwnLevel}; a level between those of the chain has none. */
  readonly previous?: Marginal | undefined;
}

/** A level of the model's own chain. */
export interface OwnLevel extends Level {
  /** The next cleaner one, `CLEAN` below the last: what `mu` is the mean of. */
  readonly previous: Marginal;
}

/** The data itself: t = 0, sigma = 0. */
export const CLEAN: Marginal = { scale: 1, sigma: 0 };
