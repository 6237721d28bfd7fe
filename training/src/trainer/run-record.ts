import { VERSION } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { env } from 'onnxruntime-common';
import { readFile } from 'node:fs/promises';
import { writeAtomically } from '../files/write-atomically.js';
import type { Engine } from '../engines/engine.js';

/** One start of a run: a run that was interrupted has several. */
export interface RunStart {
  readonly time: string;
  /** Steps that had been taken. */
  readonly step: number;
  readonly command: string;
  readonly engine: Pick<Engine, 'name' | 'device' | 'reason'>;
  readonly versions: Readonly<Record<string, string>>;
}

/** What repeats a run: the contents of its `run.json`. */
export interface RunRecord {
  readonly config: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly starts: readonly RunStart[];
}

/** Adds a start to a run's record; one from the beginning makes a new record. */
export async function recordStart(
  path: string,
  run: Omit<RunRecord, 'starts'>,
  { step, command, engine }: Pick<RunStart, 'step' | 'command' | 'engine'>,
): Promise<void> {
  const earlier = step === 0 ? [] : ((await readRecord(path))?.starts ?? []);
  const { name, device, reason } = engine;
  const start: RunStart = {
    time: new Date().toISOString(),
    step,
    command,
    engine: { name, device, reason },
    versions: {
      scorebridge: VERSION,
      node: process.versions.node,
      tfjs: tf.version_core,
      onnxruntime: env.versions.common,
    },
  };
  const record: RunRecord = { ...run, starts: [...earlier, start] };
  await writeAtomically(path, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Reads a run's record; undefined where there is none. */
export async function readRecord(path: string): Promise<RunRecord | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as RunRecord);
}
