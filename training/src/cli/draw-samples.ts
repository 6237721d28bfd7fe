import {
  autoguided,
  loadModel,
  type Provider,
  sample,
  type SampleStep,
  type ScoreModel,
} from '@scorebridge/runtime';
import type { Context } from './context.js';
import type { SamplingPlan } from './prepare-sampling.js';
import { startProgress } from './progress.js';
import type { SamplingOptions } from './sampling-options.js';

/** Samples, and how they were drawn. */
export interface DrawnSamples {
  /** [count, ...shape], in the card's value range as the model knows it, not clipped. */
  readonly samples: Float32Array;
  readonly provider: Provider;
  readonly steps: number;
  readonly seconds: number;
  /** Share of the moves that were accepted, of a sampler that accepts or rejects. */
  readonly acceptance: number | undefined;
}

/**
 * Loads a model and draws samples of it, with a progress bar.
 *
 * @param onStep called after each step; its x changes with the next one
 * @throws Error with one sentence, before any work, when the provider is not there or the options contradict each other
 */
export async function drawSamples(
  { path, sampler, steps, guide, labels }: SamplingPlan,
  { count, seed, guidance, batch, provider, threads }: SamplingOptions,
  { signal, note }: Context,
  onStep: (step: SampleStep) => void = () => undefined,
): Promise<DrawnSamples> {
  const model = await loadModel(path, { provider, threads, signal });
  let weak: ScoreModel | undefined;
  try {
    if (guide !== undefined) weak = await loadModel(guide, { provider, threads, signal });
    const sampling = sample(weak ? autoguided(model, weak, guidance) : model, {
      ...{ sampler, steps, count, seed, batch, signal },
      ...{ label: labels, guidance: weak ? 0 : guidance },
    });
    note(`${sampler.name} on ${model.provider.name} (${model.provider.reason})`);
    const progress = startProgress('sampling');
    const started = performance.now();
    try {
      for await (const step of sampling) {
        progress.update(step.step, step.steps);
        onStep(step);
      }
    } finally {
      progress.stop();
    }
    const { samples, steps: taken, acceptance } = await sampling.result;
    const seconds = (performance.now() - started) / 1000;
    return { samples, provider: model.provider, steps: taken, seconds, acceptance };
  } finally {
    await model.release();
    await weak?.release();
  }
}
