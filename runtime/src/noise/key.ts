/**
 * Names one sequence of random numbers. Element e of it is a pure function of the key and e alone: sample i of a seed
 * is the same in any batch, in any process, in Node and in a browser.
 */
export interface NoiseKey {
  /** 0 to 2^53 - 1. */
  seed: number;
  /** Index of the sample (or data point) under this seed, 0 to 2^32 - 1. */
  sample?: number;
  /** Index of the draw or training step, 0 to 2^32 - 1. */
  step?: number;
  /** What the numbers are for (see `STREAM`), so that two uses of one seed do not share numbers; 0 to 2^32 - 1. */
  stream?: number;
}

/** The streams that the project draws from; anyone may take a number from 1,000 up. */
export const STREAM = {
  sampler: 0,
  initialisation: 1,
  dataOrder: 2,
  augmentation: 3,
  noise: 4,
  time: 5,
  dropout: 6,
  labelDrop: 7,
  slices: 8,
  evaluation: 9,
  probes: 10,
  dequantisation: 11,
} as const;

const MAX_WORD = 2 ** 32 - 1;

/** @throws RangeError if the seed is not an integer from 0 to 2^53 - 1. */
export function checkSeed(seed: number): void {
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new RangeError(`seed is ${seed}; expected an integer from 0 to ${Number.MAX_SAFE_INTEGER}.`);
  }
}

/** @throws RangeError if a number of the key is not an integer in its range. */
export function checkKey({ seed, sample = 0, step = 0, stream = 0 }: NoiseKey): void {
  checkSeed(seed);
  checkWord('sample', sample);
  checkWord('step', step);
  checkWord('stream', stream);
}

function checkWord(name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 0 && value <= MAX_WORD)) {
    throw new RangeError(`${name} is ${value}; expected an integer from 0 to ${MAX_WORD}.`);
  }
}
