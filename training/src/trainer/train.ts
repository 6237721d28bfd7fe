import { Tensor } from 'onnxruntime-common';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { CheckpointError, stateOf, writeCheckpoint, type Checkpoint } from '../checkpoint/checkpoint.js';
import {
  checkpointPath,
  listCheckpoints,
  readCheckpointOrSuggest,
  readLatestCheckpoint,
  rotateCheckpoints,
} from '../checkpoint/checkpoint-folder.js';
import type { Engine, RunningStep } from '../engines/engine.js';
import { lockFolder } from '../files/lock-folder.js';
import { initialise, parameterCount } from '../models/parameters.js';
import { initialState, stepScalars, trainingStep, type TrainingState } from '../optimiser/step.js';
import { runFiles } from './run-files.js';
import { RunLog, type StepEntry } from './run-log.js';
import { recordStart } from './run-record.js';
import type { TrainingPlan } from './training-plan.js';

export interface TrainOptions {
  /** The folder of the run; made if it is not there. One that holds the same run, unfinished, has it go on. */
  readonly runDir: string;
  readonly engine: Engine;
  /**
   * A checkpoint to go on from in place of the folder's latest, of this run (what came after it is dropped) or, into a
   * folder without a run, of another one; the configuration may have changed.
   */
  readonly resume?: string | undefined;
  /** Steps from one checkpoint to the next; 500 by default. The last step has one in any case. */
  readonly checkpointEvery?: number | undefined;
  /** Steps from one line of the log to the next; 1 by default. The last step has one in any case. */
  readonly logEvery?: number | undefined;
  /** How many checkpoints are kept; 3 by default. */
  readonly keepCheckpoints?: number | undefined;
  /** Stops the run after the step that it is at, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainingEvent) => void) | undefined;
  /** How the run was started, for its record. */
  readonly command?: string | undefined;
}

export type TrainingEvent =
  | {
      readonly type: 'start';
      readonly engine: Engine;
      readonly parameters: number;
      /** Steps that had been taken. */
      readonly step: number;
      readonly steps: number;
      readonly resumedFrom?: string | undefined;
    }
  | ({ readonly type: 'step'; readonly steps: number } & StepEntry)
  | { readonly type: 'checkpoint'; readonly step: number; readonly path: string };

export interface TrainingResult {
  /** Steps that have been taken in all. */
  readonly step: number;
  /** Whether these are all steps of the run; not so where the signal stopped it. */
  readonly finished: boolean;
  /** The latest checkpoint; undefined if the run was stopped before its first step. */
  readonly checkpoint?: string | undefined;
  /** The last step of this call; undefined if it took none. */
  readonly last?: StepEntry | undefined;
}

/** A number in the loss, its gradient or the parameters stopped being finite. */
export class NonFiniteError extends Error {
  override readonly name = 'NonFiniteError';
}

/**
 * Trains a network as a plan says, to the end or until the signal stops it. The folder then holds `run.json` (what
 * repeats the run), `log.jsonl` (the steps) and `checkpoints`. A run that was stopped and goes on ends with
 * the bits that it would have ended with in one go, on the same engine and machine.
 *
 * @throws Error in one sentence, before any work, if the folder cannot be written, is in use or holds another run;
 *   CheckpointError if the checkpoint cannot be used; NonFiniteError
 */
export async function train(plan: TrainingPlan, options: TrainOptions): Promise<TrainingResult> {
  const { runDir, resume, signal } = options;
  signal?.throwIfAborted();
  // Before the folder is made, so that a run that is refused leaves none behind.
  const resumed = resume === undefined ? undefined : await startFrom(resume, runDir, plan);
  const unlock = await takeFolder(runDir);
  try {
    return await trainFrom(resumed ?? (await startIn(runDir, plan)), plan, options);
  } finally {
    await unlock();
  }
}

async function takeFolder(runDir: string): Promise<() => Promise<void>> {
  try {
    await mkdir(runDir, { recursive: true });
    return await lockFolder(runDir, 'trainer');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Error(`Cannot write the run to ${runDir} (${code}): choose a folder that can be written.`, {
      cause: error,
    });
  }
}

async function trainFrom(
  start: StartingPoint,
  plan: TrainingPlan,
  {
    runDir,
    engine,
    checkpointEvery = 500,
    logEvery = 1,
    keepCheckpoints = 3,
    signal,
    onEvent = () => undefined,
    command = '',
  }: TrainOptions,
): Promise<TrainingResult> {
  const { config, seed, steps, network, objective, optimiser } = plan;
  const files = runFiles(runDir);
  let { step, checkpoint } = start;
  if (step === steps) return { step, finished: true, checkpoint };

  const running = await engine.start(trainingStep(network, objective, optimiser), toHost(start.state));
  let log: RunLog | undefined;
  try {
    await recordStart(files.record, { config, seed }, { step, command, engine });
    log = await RunLog.open(files.log, step);
    onEvent({
      type: 'start',
      engine,
      parameters: parameterCount(network.specs),
      step,
      steps,
      resumedFrom: checkpoint,
    });

    const save = async () => {
      const state = fromHost(await running.read());
      if (!state.parameters.every(Number.isFinite)) throw notFinite('A parameter is not finite after', step);
      await log!.sync();
      checkpoint = checkpointPath(files.checkpoints, step);
      await writeCheckpoint(checkpoint, { step, config, engine: engine.name, specs: network.specs, state });
      await rotateCheckpoints(files.checkpoints, step, keepCheckpoints);
      onEvent({ type: 'checkpoint', step, path: checkpoint });
    };
    const notFinite = (what: string, step: number) =>
      new NonFiniteError(
        `${what} step ${step} (batch ${step} of seed ${seed}, learning rate ${plan.learningRate(step)}): ` +
          `training stopped, ${checkpoint ? `the last good checkpoint is ${checkpoint}` : 'before the first checkpoint'}; try a lower learning rate.`,
      );

    let last: StepEntry | undefined;
    let { seconds } = log;
    while (step < steps && !signal?.aborted) {
      const began = performance.now();
      const lr = plan.learningRate(step + 1);
      const batch = plan.batch(step + 1);
      const { loss, gradNorm } = (await running.run({
        ...objective.draw(batch, { seed, step: step + 1 }),
        ...stepScalars(step + 1, lr, optimiser),
      })) as { loss: number; gradNorm: number };
      if (!Number.isFinite(loss)) throw notFinite(`The loss is ${loss} at`, step + 1);
      if (!Number.isFinite(gradNorm)) throw notFinite(`The norm of the gradient is ${gradNorm} at`, step + 1);
      step++;
      const took = (performance.now() - began) / 1000;
      seconds += took;
      last = { step, loss, gradNorm, lr, seconds, imagesPerSecond: batch.x.dims[0]! / took };
      if (step % logEvery === 0 || step === steps) await log.add(last);
      onEvent({ type: 'step', steps, ...last });
      // Engines that never leave the microtask queue would keep Ctrl-C from being heard.
      await setImmediate();
      if (step % checkpointEvery === 0 || step === steps || signal?.aborted) await save();
    }
    return { step, finished: step === steps, checkpoint, last };
  } finally {
    await log?.close();
    await running.dispose();
  }
}

/** Where a run goes on: at a checkpoint, or at fresh parameters. */
interface StartingPoint {
  readonly step: number;
  readonly state: TrainingState;
  readonly checkpoint?: string;
}

/** Where a run goes on that is given a checkpoint by name. */
async function startFrom(resume: string, runDir: string, plan: TrainingPlan): Promise<StartingPoint> {
  const folder = runFiles(runDir).checkpoints;
  const [latest] = await listCheckpoints(folder);
  // Going on from elsewhere would mix two runs' logs here and delete this one's later checkpoints.
  if (latest !== undefined && resolve(dirname(resume)) !== resolve(folder))
    throw new Error(
      `${runDir} holds a run of its own (${latest}): choose another folder to go on from ${resume}.`,
    );
  return startAt(await readCheckpointOrSuggest(resume), plan);
}

/** Where the run in a folder goes on, or begins. */
async function startIn(runDir: string, plan: TrainingPlan): Promise<StartingPoint> {
  const checkpoint = await readLatestCheckpoint(runFiles(runDir).checkpoints);
  if (!checkpoint) return { step: 0, state: initialState(initialise(plan.network.specs, plan.seed)) };
  const difference = differenceOf(checkpoint.config, plan.config);
  if (difference)
    throw new Error(
      `${runDir} holds a run of another configuration (${difference}): choose another folder, or resume from ${checkpoint.path} by name.`,
    );
  return startAt(checkpoint, plan);
}

function startAt(checkpoint: Checkpoint, { steps, network }: TrainingPlan): StartingPoint {
  const { path, step } = checkpoint;
  const state = stateOf(checkpoint, network.specs);
  if (step > steps) throw new CheckpointError(path, `it is at step ${step}, and the run has ${steps} steps`);
  return { step, state, checkpoint: path };
}

/** The first key in which two configurations differ, in words; undefined if they are equal. */
function differenceOf(theirs: TrainingPlan['config'], ours: TrainingPlan['config']): string | undefined {
  const plain = JSON.parse(JSON.stringify(ours)) as TrainingPlan['config'];
  const key = Object.keys({ ...theirs, ...plain }).find((key) => !isDeepStrictEqual(theirs[key], plain[key]));
  const text = (value: unknown) => (value === undefined ? 'missing' : JSON.stringify(value));
  return key && `${key} is ${text(theirs[key])} there, ${text(plain[key])} here`;
}

const toHost = (state: TrainingState): Parameters<Engine['start']>[1] =>
  Object.fromEntries(
    Object.entries(state).map(([name, data]) => [name, new Tensor('float32', data, [data.length])]),
  );

const fromHost = (state: Awaited<ReturnType<RunningStep['read']>>): TrainingState =>
  Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, data])) as TrainingState;
