import {
  checkGuide,
  checkNeeds,
  extraOutputs,
  type ExtraOutputs,
  type ModelCard,
  outputNames,
  readCard,
  type Sampler,
} from '@scorebridge/runtime';
import { readFile } from 'node:fs/promises';
import { chooseLabels } from './choose-labels.js';
import { chooseSampler, type SamplingOptions } from './sampling-options.js';

/** A model file and how it is to be sampled: all that can be known to be right before the network is loaded. */
export interface SamplingPlan {
  /** Of the file, beside which its weights may stand. */
  readonly path: string;
  readonly card: ModelCard;
  readonly sampler: Sampler;
  /** The steps to ask the sampler for; undefined: its own number. */
  readonly steps: number | undefined;
  /** What the model gives beside its prediction. */
  readonly extras: ExtraOutputs;
  /** The file of a weaker model that samples are led away from. */
  readonly guide: string | undefined;
  /** A label for each sample, where labels are asked for. */
  readonly labels: readonly number[] | undefined;
}

/**
 * Reads a model's card and fits a command's options to it.
 *
 * @throws Error with one sentence when the file is not a score model or an option does not fit it
 */
export async function prepareSampling(path: string, options: SamplingOptions): Promise<SamplingPlan> {
  const bytes = await readModel(path);
  const card = readCard(bytes);
  const { guide, guidance } = options;
  if (guide !== undefined) {
    checkGuide(card, readCard(await readModel(guide)));
    if (guidance === 0)
      throw new RangeError(
        '--guide says what samples are led away from, and --guidance is 0: say how far, such as --guidance 1.',
      );
  }
  const labels = chooseLabels(card, options.label, options.count);
  const { sampler, steps } = chooseSampler(card, options);
  const extras = extraOutputs(card, outputNames(bytes));
  checkNeeds(sampler, extras);
  sampler.plan(card.process, steps);
  return { path, card, extras, sampler, steps, guide, labels };
}

const readModel = (path: string): Promise<Uint8Array> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `Cannot read the model ${path} (${error.code}): name an ONNX file that scorebridge exported.`,
    );
  });
