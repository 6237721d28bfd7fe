import {
  loadModel,
  type ModelCard,
  type Provider,
  readCard,
  sample,
  type SampleStep,
} from '@scorebridge/runtime';
import { readFile } from 'node:fs/promises';
import { chooseLabels } from './choose-labels.js';
import type { Context } from './context.js';
import { startProgress } from './progress.js';
import { chooseSampler, type SamplingOptions } from './sampling-options.js';

/** Samples, and how they were drawn. */
export interface DrawnSamples {
  readonly card: ModelCard;
  readonly provider: Provider;
  readonly sampler: string;
  readonly steps: number;
  /** The label of each sample, where labels were asked for. */
  readonly labels?: readonly number[];
  /** [count, ...shape], in the card's value range as the model knows it, not clipped. */
  readonly samples: Float32Array;
  readonly seconds: number;
}

export interface DrawHooks {
  /** Called with the card once all options have been found good for it, before the model is loaded; may refuse. */
  accept?(card: ModelCard): Promise<void> | void;
  /** Called after each step; its x changes with the next one. */
  onStep?(step: SampleStep): void;
}

/**
 * Loads a model and draws samples as a command's options say, with a progress bar.
 *
 * @throws Error with one sentence, before any work, when the file is not a model or an option does not fit it
 */
export async function drawSamples(
  path: string,
  options: SamplingOptions,
  { signal, note }: Context,
  { accept, onStep }: DrawHooks = {},
): Promise<DrawnSamples> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `Cannot read the model ${path} (${error.code}): name an ONNX file that scorebridge exported.`,
    );
  });
  const card = readCard(bytes);
  const labels = chooseLabels(card, options.label, options.count);
  const { sampler, steps } = chooseSampler(card, options);
  sampler.plan(card.process, steps);
  await accept?.(card);

  const { count, seed, guidance, batch, provider, threads } = options;
  const model = await loadModel(bytes, { provider, threads, signal });
  try {
    const sampling = sample(model, { sampler, steps, count, seed, label: labels, guidance, batch, signal });
    note(`${sampler.name} on ${model.provider.name} (${model.provider.reason})`);
    const progress = startProgress('sampling');
    const started = performance.now();
    try {
      for await (const step of sampling) {
        progress.update(step.step, step.steps);
        onStep?.(step);
      }
    } finally {
      progress.stop();
    }
    const result = await sampling.result;
    const seconds = (performance.now() - started) / 1000;
    return {
      card,
      provider: model.provider,
      sampler: sampler.name,
      steps: result.steps,
      labels,
      samples: result.samples,
      seconds,
    };
  } finally {
    await model.release();
  }
}
