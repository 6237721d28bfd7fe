import { Presets, SingleBar } from 'cli-progress';

/** A progress bar on stderr; it draws nothing where stderr is not a terminal. */
export interface Progress {
  update(done: number, total: number): void;
  stop(): void;
}

/** Starts a progress bar. @param task what is being done, such as `sampling` */
export function startProgress(task: string): Progress {
  const bar = new SingleBar(
    {
      format: `${task} {bar} {value}/{total} | {duration_formatted}, {eta_formatted} to go`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update(done, total) {
      if (!started) bar.start(total, done);
      else bar.update(done);
      started = true;
    },
    stop: () => bar.stop(),
  };
}
