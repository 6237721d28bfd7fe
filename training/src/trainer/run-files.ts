import { join } from 'node:path';

/** Where things lie in the folder of a run. */
export const runFiles = (runDir: string) =>
  ({
    record: join(runDir, 'run.json'),
    log: join(runDir, 'log.jsonl'),
    checkpoints: join(runDir, 'checkpoints'),
    samples: join(runDir, 'samples'),
    tensorboard: join(runDir, 'tensorboard'),
  }) as const;
