/** What a side can be asked to run. */
export type RunName = 'step' | 'forward' | 'compiled forward' | 'product';

/** Rows and columns of the matrices whose product gives the machine's peak. */
export const PEAK_SIZE = 2048;
