import type { WrittenModel } from '@scorebridge/export';
import * as tf from '@tensorflow/tfjs';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { build } from './build.js';
import { averageName } from './build/parts.js';
import { type Checkpoint, stateOf } from './checkpoint/checkpoint.js';
import {
  bestCheckpointPath,
  checkpointPath,
  listCheckpoints,
  readCheckpointOrSuggest,
  stepOf,
} from './checkpoint/checkpoint-folder.js';
import { parseConfig } from './config/parse-config.js';
import { runFiles } from './trainer/run-files.js';
import type { RunRecord } from './trainer/run-record.js';

export interface ExportRunOptions {
  /** Which checkpoint of a run's folder: the last one by default, the best one, or that of a step. */
  readonly checkpoint?: 'best' | 'last' | number | undefined;
  /** Whether the parameters are exported as trained, and not their moving average, as they are by default. */
  readonly raw?: boolean | undefined;
  /** Which moving average: that of this half-life in images, of the config's `emaHalfLives`, or that of `emaDecay`. */
  readonly ema?: number | undefined;
  /** Whether to export, in place of the model, v' times its Jacobian (`exportScoreVjp`). */
  readonly vjp?: boolean | undefined;
  /** What was measured of the model, to be kept in the file. */
  readonly figures?: Readonly<Record<string, number | string>> | undefined;
  /** The name of the file, in the same folder, for weights that do not fit into the model file (above 2 GB). */
  readonly externalFile?: string | undefined;
}

/** A model as an ONNX file, and where it comes from. */
export interface ExportedRun extends WrittenModel {
  readonly name: string;
  /** Training steps taken. */
  readonly step: number;
  /** The checkpoint that it was made from. */
  readonly checkpoint: string;
}

/**
 * Exports a training run: a score model with its card, or a classifier.
 *
 * @param path the folder of a run, or a checkpoint
 * @throws Error in one sentence if there is no such run, it has no checkpoint yet or the checkpoint cannot be used
 */
export async function exportRun(
  path: string,
  { checkpoint: which, raw = false, ema, vjp = false, figures = {}, externalFile }: ExportRunOptions = {},
): Promise<ExportedRun> {
  const checkpoint = await findCheckpoint(path, which);
  const config = parseConfig(checkpoint.config, checkpoint.path);
  const { network, exportModel, exportVjp } = build(config);
  const state = stateOf(checkpoint, network.specs);
  const weights = state[raw ? 'parameters' : ema === undefined ? 'ema' : averageName(ema)];
  if (!weights) {
    const others = config.emaHalfLives.length > 0 ? ` and of ${config.emaHalfLives.join(', ')} images` : '';
    throw new Error(
      `${checkpoint.path} keeps no moving average with a half-life of ${ema} images: it keeps that of emaDecay${others}.`,
    );
  }
  const { step, engine } = checkpoint;
  const command = await commandOf(checkpoint);
  await tf.setBackend('cpu');
  tf.engine().startScope();
  try {
    const facts = { step, engine, command, figures, average: !raw, halfLife: raw ? undefined : ema };
    const written = (vjp ? exportVjp : exportModel)(weights, facts, externalFile);
    return { ...written, name: config.name, step, checkpoint: checkpoint.path };
  } finally {
    tf.engine().endScope();
  }
}

async function findCheckpoint(path: string, which: ExportRunOptions['checkpoint']): Promise<Checkpoint> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `There is no run or checkpoint ${path} (${error.code}): name the folder that a training wrote.`,
    );
  });
  if (stats.isFile()) {
    if (which === undefined) return readCheckpointOrSuggest(path);
    throw new Error(`${path} is a file: to choose among the checkpoints of a run, name its folder.`);
  }
  const folder = runFiles(path).checkpoints;
  const paths = await listCheckpoints(folder);
  if (paths.length === 0)
    throw new Error(`${path} has no checkpoint: name the folder of a run that has been trained for a while.`);
  const chosen = {
    best: bestCheckpointPath(folder),
    last: paths[0]!,
    step: checkpointPath(folder, Number(which)),
  }[typeof which === 'number' ? 'step' : (which ?? 'last')];
  if (existsSync(chosen)) return readCheckpointOrSuggest(chosen);
  const steps = paths.map(stepOf).join(', ');
  throw new Error(
    which === 'best'
      ? `${path} has no best checkpoint, as nothing was held out: train with validation, or take one of the steps ${steps}.`
      : `${path} has no checkpoint of step ${which}: it has those of the steps ${steps}.`,
  );
}

/** The command that started the run, from the record in its folder. */
async function commandOf({ path }: Checkpoint): Promise<string> {
  const { record } = runFiles(dirname(dirname(path)));
  const text = await readFile(record, 'utf8').catch(() => '{}');
  return (JSON.parse(text) as Partial<RunRecord>).starts?.[0]?.command || 'unknown';
}
