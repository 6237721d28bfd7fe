import { Presets, SingleBar } from 'cli-progress';
import type { TrainingEvent } from '../trainer/training-event.js';

type StepEvent = Extract<TrainingEvent, { type: 'step' }>;

/** Time between two lines where there is no terminal to draw a bar on, in milliseconds. */
const INTERVAL = 5000;

/** Shows on a stream how training goes: as a bar on a terminal, else as a line every few seconds. */
export interface TrainingProgress {
  see(event: TrainingEvent): void;
  stop(): void;
}

export function startTrainingProgress(stream: NodeJS.WriteStream = process.stderr): TrainingProgress {
  const display = stream.isTTY ? barOn(stream) : linesOn(stream);
  let loss: number | undefined;
  let validation: string | undefined;
  return {
    see(event) {
      if (event.type === 'evaluation') validation = event.validation.toPrecision(3);
      if (event.type !== 'step') return;
      // The loss of one batch jumps about.
      loss = loss === undefined ? event.loss : loss + 0.05 * (event.loss - loss);
      display.show(event, loss.toPrecision(3), validation);
    },
    stop: () => display.stop(),
  };
}

interface Display {
  /** @param validation the loss of the latest evaluation, once there is one */
  show(event: StepEvent, loss: string, validation?: string): void;
  stop(): void;
}

function barOn(stream: NodeJS.WriteStream): Display {
  const bar = new SingleBar(
    {
      format:
        'training {bar} {value}/{total} | loss {loss}{validation} | {speed} images/s | {eta_formatted} to go',
      stream,
      hideCursor: true,
      etaBuffer: 30,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    show({ step, steps, imagesPerSecond }, loss, validation) {
      const values = {
        loss,
        validation: validation === undefined ? '' : ` | validation ${validation}`,
        speed: imagesPerSecond.toFixed(0),
      };
      if (started) bar.update(step, values);
      else bar.start(steps, step, values);
      started = true;
    },
    stop: () => bar.stop(),
  };
}

function linesOn(stream: NodeJS.WriteStream): Display {
  let next = 0;
  return {
    show({ step, steps, lr, imagesPerSecond }, loss, validation) {
      const now = performance.now();
      if (now < next && step < steps) return;
      next = now + INTERVAL;
      stream.write(
        `step ${step}/${steps}  loss ${loss}${validation === undefined ? '' : `  validation ${validation}`}  ` +
          `learning rate ${lr.toExponential(2)}  ${imagesPerSecond.toFixed(0)} images/s\n`,
      );
    },
    stop: () => undefined,
  };
}
