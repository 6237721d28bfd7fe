/** What became of one spec. */
export interface SpecResult {
  readonly name: string;
  /** `'pending'` are those that tfjs itself leaves out, `'excluded'` those that were not asked for. */
  readonly status: string;
  /** Of the first expectation that failed. */
  readonly message?: string;
}

export const isGradient = ({ name }: SpecResult): boolean => /gradient/i.test(name);
