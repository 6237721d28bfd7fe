import { exportScoreModel, type WrittenModel } from '@scorebridge/export';
import { alphaBars, cosineBetas, type ModelCard } from '@scorebridge/runtime';
import { energyModel, type EnergyNetwork, scoreFunction } from '@scorebridge/training';
import * as tf from '@tensorflow/tfjs';

const T = 1000;

/** A card of images of one channel under a cosine schedule. */
export function vpCard(name: string, size: number, classes: number): ModelCard {
  return {
    format: '1.0',
    name,
    shape: [size, size, 1],
    layout: 'channels-last',
    valueRange: [-1, 1],
    process: { kind: 'vp', schedule: { name: 'cosine', s: 0.008, T } },
    parametrisation: 'eps',
    classes: { count: classes, unconditional: classes },
    ema: null,
    dataset: { name: 'none', licence: 'none' },
    seed: 0,
    step: 0,
    engine: 'none',
    scorebridge: '0.1.0',
    command: 'none',
    figures: {},
  };
}

/** Bars of a seven-segment display on 28 x 28: top, left, height, width. */
const bars = {
  a: [4, 9, 3, 10],
  b: [5, 17, 9, 3],
  c: [14, 17, 9, 3],
  d: [22, 9, 3, 10],
  e: [14, 8, 9, 3],
  f: [5, 8, 9, 3],
  g: [13, 9, 3, 10],
} as const;
const digits = ['abcdef', 'bc', 'abged', 'abgcd', 'fgbc', 'afgcd', 'afgedc', 'abc', 'abcdefg', 'abfgcd'];

/** The digit as a seven-segment display shows it, 28 x 28, -1 and 1. */
export function sevenSegments(digit: number): Float32Array {
  const image = new Float32Array(28 * 28).fill(-1);
  for (const segment of digits[digit]!) {
    const [top, left, height, width] = bars[segment as keyof typeof bars];
    for (let i = top; i < top + height; i++) image.fill(1, 28 * i + left, 28 * i + left + width);
  }
  return image;
}

/**
 * The exact eps of data that is one seven-segment picture a label, black without one: eps = (x - sqrt(abar) mu) /
 * sqrt(1 - abar). Whatever the noise, its samples are those pictures.
 */
export const segmentsModel = (dataset = 'none'): Uint8Array => writeSegments(dataset).model;

/** The same of pictures at half the contrast, as a weaker model might have them. */
export const faintSegmentsModel = (): Uint8Array => writeSegments('none', {}, 0.5).model;

/** The same with its weights in a file of this name beside it. */
export const segmentsBesideWeights = (externalFile: string): WrittenModel =>
  writeSegments('none', { externalFile, externalAbove: 0 });

function writeSegments(
  dataset: string,
  options: Parameters<typeof exportScoreModel>[2] = {},
  contrast = 1,
): WrittenModel {
  const abar = tf.tensor1d(Float32Array.from(alphaBars(cosineBetas({ T }))));
  const pictures = tf.tensor(
    [...Array.from({ length: 10 }, (_, d) => sevenSegments(d)), new Float32Array(784).fill(-1)].map((p) => [
      ...p.map((value) => contrast * value),
    ]),
  );
  const predict = (x: tf.Tensor, level: tf.Tensor1D, label?: tf.Tensor1D) => {
    const a = abar.gather(level.toInt()).reshape([-1, 1, 1, 1]);
    const mu = pictures.gather(label!).reshape(x.shape);
    return x.sub(a.sqrt().mul(mu)).div(tf.sub(1, a).sqrt());
  };
  const card = { ...vpCard('segments', 28, 10), dataset: { name: dataset, licence: 'none' } };
  return exportScoreModel(predict, card, options);
}

/**
 * An energy model of 28 x 28 grey pictures, each pixel N(1/4, 1/4) apart from the noise of a ve process: f = |x - 1/4|^2 /
 * (2 (1/4 + sigma^2)), from which the prediction is differentiated.
 */
export function energyOfGrey(): Uint8Array {
  const network: EnergyNetwork = {
    specs: [{ name: 'mean', shape: [1], init: () => Float32Array.of(0.25) }],
    energy({ mean }, x, sigma) {
      const distance = tf.sum(tf.square(tf.sub(x, mean!)), [1, 2, 3]);
      return tf.div(distance, tf.mul(2, tf.add(0.25, tf.square(sigma))));
    },
  };
  const { fn, names } = scoreFunction(energyModel(network), Float32Array.of(0.25));
  const card: ModelCard = {
    ...vpCard('grey', 28, 1),
    process: { kind: 've', schedule: { name: 'geometric', sigmaMax: 1, sigmaMin: 0.1, L: 4 } },
    parametrisation: 'score',
    classes: null,
  };
  return exportScoreModel(fn, card, { names }).model;
}

/** An 8 x 8 convolutional net of random weights, with labels: nothing to look at, and everything that can differ. */
export function convolutionalModel(): Uint8Array {
  const weights = (shape: [number, number, number, number], seed: number) =>
    tf.randomNormal<tf.Rank.R4>(shape, 0, 0.3, 'float32', seed);
  const [first, second] = [weights([3, 3, 1, 8], 1), weights([3, 3, 8, 1], 2)];
  const embedding = tf.randomNormal([4, 8], 0, 0.5, 'float32', 3);
  const predict = (x: tf.Tensor, level: tf.Tensor1D, label?: tf.Tensor1D) => {
    const time = level.div(T).reshape([-1, 1, 1, 1]);
    const hidden = tf
      .conv2d(x as tf.Tensor4D, first, 1, 'same')
      .add(embedding.gather(label!).reshape([-1, 1, 1, 8]))
      .add(time);
    const swish = hidden.mul(hidden.sigmoid()) as tf.Tensor4D;
    return tf.conv2d(swish, second, 1, 'same').add(x).div(time.add(1));
  };
  return exportScoreModel(predict, vpCard('convolutional', 8, 3)).model;
}
