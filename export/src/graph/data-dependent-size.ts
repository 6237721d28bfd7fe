/** A size that depends on data was asked for where no trace is running. */
export class DataDependentSizeError extends Error {
  override readonly name = 'DataDependentSizeError';

  constructor() {
    super('A size that depends on data is known nowhere but in a trace.');
  }
}

type Pick = (atMost?: number) => number;

let current: Pick | undefined;

/** Runs `make` with `pick` giving the sizes that depend on data. */
export function withDataDependentSizes<T>(pick: Pick, make: () => T): T {
  const outer = current;
  current = pick;
  try {
    return make();
  } finally {
    current = outer;
  }
}

/** Runs `make` with the sizes that depend on data no larger than they can be there. */
export const withLargestSize = <T>(atMost: number, make: () => T): T => {
  const outer = current;
  return outer ? withDataDependentSizes(() => outer(atMost), make) : make();
};

/**
 * A size that only the data tell, such as how many boxes are left of an image, in the trace that is running: a number
 * that stands for it, another one in each trace, so that what follows from it is found out as for any other symbol.
 */
export function dataDependentSize(): number {
  if (!current) throw new DataDependentSizeError();
  return current();
}
