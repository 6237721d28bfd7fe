import type { SourceCard } from '../card/source-card.js';

/** How many numbers a sample has. */
export const sampleSize = ({ shape }: SourceCard): number => shape.reduce((product, n) => product * n, 1);
