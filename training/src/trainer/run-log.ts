import { open, readFile, type FileHandle } from 'node:fs/promises';
import { writeAtomically } from '../files/write-atomically.js';
import type { LogEntry } from '../plots/training-log.js';

/** What a run logs of each step. */
export interface StepEntry extends Required<LogEntry> {
  /** Time spent training since the run began, in seconds, without pauses between resumptions. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
}

/** What a run logs of an evaluation. */
export interface EvaluationEntry extends Pick<StepEntry, 'step' | 'seconds'> {
  /** The loss of the moving average on the held-out data. */
  readonly validation: number;
}

/** A run's log: one JSON object a line, one line a step or an evaluation after it. */
export class RunLog {
  private constructor(
    private readonly file: FileHandle,
    /** The seconds of the last entry that was there. */
    readonly seconds: number,
  ) {}

  /** Opens the log of a run that goes on after `step`: what was logged after that step is cut off. */
  static async open(path: string, step: number): Promise<RunLog> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const kept = text.split('\n').filter((line) => (entryOf(line)?.step ?? Infinity) <= step);
    await writeAtomically(path, kept.map((line) => `${line}\n`).join(''));
    return new RunLog(await open(path, 'a'), entryOf(kept.at(-1) ?? '')?.seconds ?? 0);
  }

  async add(entry: StepEntry | EvaluationEntry): Promise<void> {
    await this.file.appendFile(`${JSON.stringify(entry)}\n`);
  }

  /** Returns when all that was added is on the disk. */
  sync = (): Promise<void> => this.file.sync();

  close = (): Promise<void> => this.file.close();
}

/** The entry in a line; undefined for a line that a crash cut off. */
function entryOf(line: string): Pick<StepEntry, 'step' | 'seconds'> | undefined {
  try {
    return JSON.parse(line) as StepEntry;
  } catch {
    return undefined;
  }
}
