import { readFile } from 'node:fs/promises';

/** One line of a run's log. */
export interface LogEntry {
  readonly step: number;
  readonly loss: number;
  /** Global norm of the gradient before clipping. */
  readonly gradNorm?: number;
  /** Learning rate. */
  readonly lr?: number;
}

/**
 * Parses a run's JSON-lines log. Lines that are not about a step are passed over, and so is a last line that
 * is still being written; where a resumed run repeats a step, the later line counts.
 *
 * @returns the entries in order of their steps
 * @throws Error that names the line, when a line other than an unfinished last one is not JSON
 */
export function parseTrainingLog(text: string): LogEntry[] {
  const lines = text.split('\n');
  const unfinished = lines.length - 1;
  const entries = new Map<number, LogEntry>();
  lines.forEach((line, index) => {
    if (!line.trim()) return;
    let entry: Partial<LogEntry>;
    try {
      entry = JSON.parse(line) as Partial<LogEntry>;
    } catch {
      if (index === unfinished) return;
      throw new Error(`Line ${index + 1} of the training log is not JSON: ${line.slice(0, 60)}`);
    }
    if (typeof entry.step === 'number' && typeof entry.loss === 'number')
      entries.set(entry.step, entry as LogEntry);
  });
  return [...entries.values()].sort((a, b) => a.step - b.step);
}

/** Reads a run's JSON-lines log; see {@link parseTrainingLog}. */
export const readTrainingLog = async (path: string): Promise<LogEntry[]> =>
  parseTrainingLog(await readFile(path, 'utf8'));
