/** Larger batches leave the CPU's cache. */
const MOST_SAMPLES = 64;
/** 64 samples of 3 x 37 x 37; of x at this size a wide U-Net keeps some hundred MB of activations. */
const MOST_NUMBERS = 2 ** 18;

/** How many samples of `size` numbers go through the network at once by default: 64, of large ones fewer, and at least 1. */
export const defaultBatch = (size: number): number =>
  Math.max(1, Math.min(MOST_SAMPLES, Math.floor(MOST_NUMBERS / size)));
