import { dirname, resolve } from 'node:path';
import { CheckpointError, stateOf, type Checkpoint } from '../checkpoint/checkpoint.js';
import {
  listCheckpoints,
  readCheckpointOrSuggest,
  readLatestCheckpoint,
} from '../checkpoint/checkpoint-folder.js';
import { initialise } from '../models/parameters.js';
import { initialState, type TrainingState } from '../optimiser/training-state.js';
import { configDifference } from './config-difference.js';
import { runFiles } from './run-files.js';
import type { TrainingPlan } from './training-plan.js';

/** Where a run goes on: at a checkpoint, or at fresh parameters. */
export interface StartingPoint {
  readonly step: number;
  readonly state: TrainingState;
  readonly checkpoint?: string;
}

/**
 * Where a run goes on that is given a checkpoint by name.
 *
 * @throws Error if the folder holds a run that the checkpoint is not of; CheckpointError
 */
export async function startFrom(resume: string, runDir: string, plan: TrainingPlan): Promise<StartingPoint> {
  const folder = runFiles(runDir).checkpoints;
  const [latest] = await listCheckpoints(folder);
  // Going on from elsewhere would mix two runs' logs here and delete this one's later checkpoints.
  if (latest !== undefined && resolve(dirname(resume)) !== resolve(folder))
    throw new Error(
      `${runDir} holds a run of its own (${latest}): choose another folder to go on from ${resume}.`,
    );
  return startAt(await readCheckpointOrSuggest(resume), plan);
}

/**
 * Where the run in a folder goes on, or begins.
 *
 * @throws Error if the folder holds another run; CheckpointError
 */
export async function startIn(runDir: string, plan: TrainingPlan): Promise<StartingPoint> {
  const checkpoint = await readLatestCheckpoint(runFiles(runDir).checkpoints);
  if (!checkpoint)
    return {
      step: 0,
      state: initialState(initialise(plan.network.specs, plan.seed), plan.optimiser, plan.objective),
    };
  const difference = configDifference(checkpoint.config, plan);
  if (difference)
    throw new Error(
      `${runDir} holds a run of another configuration (${difference}): choose another folder, or resume from ${checkpoint.path} by name.`,
    );
  return startAt(checkpoint, plan);
}

function startAt(
  checkpoint: Checkpoint,
  { steps, network, optimiser, objective }: TrainingPlan,
): StartingPoint {
  const { path, step } = checkpoint;
  const there = stateOf(checkpoint, network.specs);
  if (step > steps) throw new CheckpointError(path, `it is at step ${step}, and the run has ${steps} steps`);
  // The plan's averages and memory; what the checkpoint of another configuration lacks begins as in a fresh run.
  const fresh = initialState(there.parameters, optimiser, objective);
  const names = Object.keys(fresh) as (keyof TrainingState)[];
  const state = Object.fromEntries(names.map((name) => [name, there[name] ?? fresh[name]])) as TrainingState;
  return { step, state, checkpoint: path };
}
