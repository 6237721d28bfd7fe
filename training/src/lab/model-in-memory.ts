import { exportScoreModel } from '@scorebridge/export';
import {
  CARD_FORMAT,
  loadModel,
  type ModelCard,
  type ScoreModel,
  VERSION,
  type Parametrisation,
  type Process,
} from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { scoreFunction } from '../build/score-function.js';
import type { Network } from '../models/network.js';

export interface InMemoryOptions {
  readonly name: string;
  readonly shape: readonly number[];
  readonly process: Process;
  /** What the network predicts; its score by default. */
  readonly parametrisation?: Parametrisation;
  readonly valueRange: readonly [number, number];
  readonly signal?: AbortSignal;
}

/**
 * A score network of points with its parameters as a model to be sampled: exported as `scorebridge export` would, and
 * loaded, without a file in between.
 *
 * @param parameters the flat vector; empty for a closed form
 */
export async function modelInMemory(
  network: Network,
  parameters: Float32Array,
  { name, shape, process, valueRange, parametrisation = 'score', signal }: InMemoryOptions,
): Promise<ScoreModel> {
  await tf.ready();
  const card: ModelCard = {
    ...{ format: CARD_FORMAT, name, shape: [...shape], layout: 'flat', valueRange: [...valueRange], process },
    ...{ parametrisation, classes: null, ema: null, seed: 0, step: 0, engine: 'none', figures: {} },
    dataset: { name: 'points', licence: 'none' },
    ...{ scorebridge: VERSION, command: 'scorebridge lab' },
  };
  tf.engine().startScope();
  let bytes: Uint8Array;
  try {
    const { fn, names } = scoreFunction(network, parameters);
    bytes = exportScoreModel(fn, card, { names }).model;
  } finally {
    tf.engine().endScope();
  }
  return loadModel(bytes, { provider: 'cpu', signal });
}
