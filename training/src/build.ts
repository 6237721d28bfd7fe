import type { WrittenModel } from '@scorebridge/export';
import type { ModelCard } from '@scorebridge/runtime';
import { buildClassifier } from './build/classifier.js';
import { buildScoreModel } from './build/score-model.js';
import type { Config } from './config/schema.js';
import type { Dataset, ImageSet } from './data/dataset.js';
import type { TrainingPlan } from './trainer/training-plan.js';

/** What a model says of the run that it comes from, beside the config. */
export interface RunFacts {
  /** Training steps taken. */
  readonly step: number;
  /** The training engine. */
  readonly engine: string;
  /** The command that made the model. */
  readonly command: string;
  /** What was measured, by name. */
  readonly figures?: Readonly<Record<string, number | string>>;
  /** Whether the parameters are the moving average, as they are by default. */
  readonly average?: boolean;
  /** The half-life of the moving average, in images; without it, it is that of `emaDecay`. */
  readonly halfLife?: number | undefined;
}

/** What a config stands for: a plan that lacks its data, and the model that comes of it. */
export interface Build extends Omit<TrainingPlan, 'batch' | 'validation'> {
  readonly dataset: Dataset;
  plan(data: ImageSet): TrainingPlan;
  /**
   * The network as an ONNX file. tfjs must have a backend.
   *
   * @param parameters the flat vector: the moving average of a run, or its parameters as they are
   * @param externalFile the name under which weights are kept that do not fit into the file
   */
  exportModel(parameters: Float32Array, run: RunFacts, externalFile?: string): WrittenModel;
  /**
   * The vector-Jacobian product of the network's prediction as an ONNX file, see `exportScoreVjp`. Throws for a classifier.
   */
  exportVjp(parameters: Float32Array, run: RunFacts, externalFile?: string): WrittenModel;
  /** The card of a score model. Throws for a classifier, which has none. */
  card(run: RunFacts): ModelCard;
}

/**
 * Makes the parts of a training run.
 *
 * @param config on the user's own data, as `describeData` filled it in
 * @throws Error in one sentence on options that do not fit together
 */
export const build = (config: Config): Build =>
  config.task === 'classifier' ? buildClassifier(config) : buildScoreModel(config);
