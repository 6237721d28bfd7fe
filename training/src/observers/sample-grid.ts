import { loadModel, type LoadOptions, sample, type SampleOptions } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import type { Build, RunFacts } from '../build.js';
import type { Bitmap } from '../images/bitmap.js';
import { columnsFor } from '../images/columns-for.js';
import { grid } from '../images/grid.js';
import { samplesAsImages } from '../images/samples-as-images.js';

/** How the samples are drawn; the sampler is that of the model's noise process by default. */
export interface SampleGridOptions
  extends
    Pick<SampleOptions, 'sampler' | 'steps' | 'count' | 'seed' | 'signal'>,
    Pick<LoadOptions, 'provider' | 'threads'> {
  /** A label for each sample, where labels are asked for. */
  readonly labels?: readonly number[] | undefined;
}

/**
 * Draws samples of a network that is still in training, as the file that `scorebridge export` would write of it: the
 * model is exported in memory and sampled by the runtime. tfjs must have a backend, as it has during training; nothing
 * is left in it.
 *
 * @param build what the run's config stands for
 * @param parameters the flat vector: the moving average of the run
 * @returns a grid, a column (or several) for each label where there are labels
 * @throws RangeError in one sentence if the options do not fit the model; the signal's reason
 */
export async function sampleGrid(
  { exportModel, card }: Pick<Build, 'exportModel' | 'card'>,
  parameters: Float32Array,
  run: RunFacts,
  { provider, threads, labels, ...options }: SampleGridOptions,
): Promise<Bitmap> {
  const { signal, count } = options;
  const model = await loadModel(exported(exportModel, parameters, run), { provider, threads, signal });
  try {
    const { samples } = await sample(model, { ...options, label: labels }).result;
    return grid(samplesAsImages(card(run), samples), { columns: columnsFor(count, labels), scale: 2 });
  } finally {
    await model.release();
  }
}

function exported(exportModel: Build['exportModel'], parameters: Float32Array, run: RunFacts): Uint8Array {
  tf.engine().startScope();
  try {
    return exportModel(parameters, run).model;
  } finally {
    tf.engine().endScope();
  }
}
