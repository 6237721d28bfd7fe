import type { SampleStep } from '@scorebridge/runtime';
import { pickEvenly } from './pick-evenly.js';

/** Keeps copies of the first samples at steps spread evenly over a run, the last one included. */
export class StepKeeper {
  readonly kept: Float32Array[] = [];
  #wanted?: ReadonlySet<number>;

  /**
   * @param steps how many steps to keep
   * @param values how many values of each step to keep: those of the first samples
   */
  constructor(
    readonly steps: number,
    readonly values: number,
  ) {}

  see({ step, steps, x }: SampleStep): void {
    this.#wanted ??= new Set(pickEvenly(steps, this.steps));
    if (this.#wanted.has(step - 1)) this.kept.push(x.slice(0, this.values));
  }
}
