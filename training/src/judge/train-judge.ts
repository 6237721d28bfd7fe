import { build } from '../build.js';
import type { ClassifierConfig } from '../config/schema.js';
import type { LabelledImages } from '../data/dataset.js';
import { accuracyOf } from '../evaluation/accuracy.js';
import { loadJudge } from '../evaluation/judge.js';
import { exportRun } from '../export-run.js';
import { train, type TrainOptions } from '../trainer/train.js';

/** A judge as an ONNX file, and how good it is. */
export interface TrainedJudge {
  readonly model: Uint8Array;
  /** The share of the test digits that it gives their label. */
  readonly accuracy: number;
  /** Training steps taken. */
  readonly step: number;
  /** Time spent training; undefined where the folder held the finished run already. */
  readonly seconds: number | undefined;
}

/**
 * Trains a judge, or goes on where a run that was stopped left off, and has it look at the test digits through ONNX
 * Runtime. What it got right is kept in the file, as the figure `testAccuracy` beside the command, the seed and the
 * steps that made it.
 *
 * @returns undefined if the signal stopped the training
 * @throws as `train` does
 */
export async function trainJudge(
  config: ClassifierConfig,
  { training, test, ...options }: TrainOptions & { training: LabelledImages; test: LabelledImages },
): Promise<TrainedJudge | undefined> {
  const { finished, step, last } = await train(build(config).plan(training), options);
  if (!finished) return undefined;
  const { model: unmeasured } = await exportRun(options.runDir);
  const judge = await loadJudge({ model: unmeasured, provider: 'cpu' });
  const accuracy = await accuracyOf(judge, test).finally(() => judge.release());
  const { model } = await exportRun(options.runDir, { figures: { testAccuracy: accuracy } });
  return { model, accuracy, step, seconds: last?.seconds };
}
