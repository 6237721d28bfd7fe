import { mkdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { writeCheckpoint } from '../checkpoint/checkpoint.js';
import { bestCheckpointPath, checkpointPath, rotateCheckpoints } from '../checkpoint/checkpoint-folder.js';
import type { Engine } from '../engines/engine.js';
import type { TrainingState } from '../optimiser/training-state.js';
import { lockFolder } from '../files/lock-folder.js';
import { parameterCount } from '../models/parameters.js';
import { findBest, type BestCheckpoint } from './best-checkpoint.js';
import { writingTo } from './writing-to.js';
import { NonFiniteError } from './non-finite-error.js';
import { runFiles } from './run-files.js';
import { RunLog, type StepEntry } from './run-log.js';
import { recordStart } from './run-record.js';
import { startPlan } from './running-plan.js';
import { startFrom, startIn, type StartingPoint } from './starting-point.js';
import type { TrainingEvent } from './training-event.js';
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
  /** How many checkpoints are kept, beside the best one; 3 by default. */
  readonly keepCheckpoints?: number | undefined;
  /** Steps from one evaluation on the held-out data to the next; 500 by default. The last step has one in any case. */
  readonly evaluateEvery?: number | undefined;
  /** Stops the run after the step that it is at, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told of what happens; the run goes on once it has returned, or its promise has been kept, and does not count that
   * time as its own. `read` copies the state that the last step has left.
   */
  readonly onEvent?: ((event: TrainingEvent, read: () => Promise<TrainingState>) => unknown) | undefined;
  /** How the run was started, for its record. */
  readonly command?: string | undefined;
  /** The configuration for its record: that of the plan, by default, and what else it takes to repeat the run. */
  readonly recorded?: TrainingPlan['config'] | undefined;
}

export interface TrainingResult {
  /** Steps that have been taken in all. */
  readonly step: number;
  /** Whether these are all steps of the run; not so where the signal stopped it. */
  readonly finished: boolean;
  /** The latest checkpoint; undefined if the run was stopped before its first step. */
  readonly checkpoint?: string | undefined;
  /** The checkpoint of the best evaluation; undefined where nothing was evaluated. */
  readonly best?: BestCheckpoint | undefined;
  /** The last step of this call; undefined if it took none. */
  readonly last?: StepEntry | undefined;
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

const takeFolder = (runDir: string): Promise<() => Promise<void>> =>
  writingTo(runDir, async () => {
    await mkdir(runDir, { recursive: true });
    return lockFolder(runDir, 'trainer');
  });

async function trainFrom(
  start: StartingPoint,
  plan: TrainingPlan,
  {
    runDir,
    engine,
    checkpointEvery = 500,
    logEvery = 1,
    keepCheckpoints = 3,
    evaluateEvery = 500,
    signal,
    onEvent,
    command = '',
    recorded = plan.config,
  }: TrainOptions,
): Promise<TrainingResult> {
  const { config, seed, steps, network } = plan;
  const files = runFiles(runDir);
  let { step, checkpoint } = start;
  let best = await findBest(files.checkpoints, step, plan);
  if (step === steps) return { step, finished: true, checkpoint, best };

  const writing = <T>(write: () => Promise<T>) =>
    writingTo(runDir, write, () => (checkpoint ? `; the same command then goes on from ${checkpoint}` : ''));
  const running = await startPlan(plan, engine, start.state);
  const tell = (event: TrainingEvent) => onEvent?.(event, () => running.read());
  let log: RunLog | undefined;
  try {
    log = await writing(async () => {
      await recordStart(files.record, { config: recorded, seed }, { step, command, engine });
      return RunLog.open(files.log, step);
    });
    await tell({
      type: 'start',
      engine,
      parameters: parameterCount(network.specs),
      step,
      steps,
      resumedFrom: checkpoint,
    });

    const write = async (path: string, validation?: number) => {
      const state = await running.read();
      if (!state.parameters.every(Number.isFinite)) throw notFinite('A parameter is not finite after', step);
      await writing(async () => {
        await log!.sync();
        await writeCheckpoint(path, {
          step,
          config,
          engine: engine.name,
          validation,
          specs: network.specs,
          state,
        });
      });
    };
    const save = async () => {
      const path = checkpointPath(files.checkpoints, step);
      await write(path);
      checkpoint = path;
      await writing(() => rotateCheckpoints(files.checkpoints, step, keepCheckpoints));
      await tell({ type: 'checkpoint', step, path });
    };
    const evaluate = async () => {
      const validation = await running.validate();
      if (!Number.isFinite(validation)) throw notFinite(`The validation loss is ${validation} after`, step);
      await writing(() => log!.add({ step, validation, seconds }));
      const isBest = best === undefined || validation < best.validation;
      if (isBest) {
        const path = bestCheckpointPath(files.checkpoints);
        await write(path, validation);
        best = { path, step, validation };
      }
      await tell({ type: 'evaluation', step, validation, seconds, best: isBest });
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
      const { loss, gradNorm, images } = await running.step(step + 1);
      if (!Number.isFinite(loss)) throw notFinite(`The loss is ${loss} at`, step + 1);
      if (!Number.isFinite(gradNorm)) throw notFinite(`The norm of the gradient is ${gradNorm} at`, step + 1);
      step++;
      const took = (performance.now() - began) / 1000;
      seconds += took;
      const lr = plan.learningRate(step);
      last = { step, loss, gradNorm, lr, seconds, imagesPerSecond: images / took };
      if (step % logEvery === 0 || step === steps) await writing(() => log!.add(last!));
      await tell({ type: 'step', steps, ...last });
      // Engines that never leave the microtask queue would keep Ctrl-C from being heard.
      await setImmediate();
      if (plan.validation && (step % evaluateEvery === 0 || step === steps)) await evaluate();
      if (step % checkpointEvery === 0 || step === steps || signal?.aborted) await save();
    }
    return { step, finished: step === steps, checkpoint, best, last };
  } finally {
    await log?.close();
    await running.dispose();
  }
}
