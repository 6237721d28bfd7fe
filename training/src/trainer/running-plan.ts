import { Tensor } from 'onnxruntime-common';
import type { Engine } from '../engines/engine.js';
import type { HostTensor } from '../objectives/objective.js';
import { gradientStep, updateStep } from '../optimiser/accumulation.js';
import { evaluationStep } from '../optimiser/evaluation-step.js';
import { stepScalars, trainingStep } from '../optimiser/step.js';
import type { StepFunction } from '../optimiser/step-function.js';
import type { TrainingState } from '../optimiser/training-state.js';
import { microBatches } from './micro-batches.js';
import type { TrainingPlan } from './training-plan.js';

/** Names the noise of evaluation batch k, out of the reach of training steps, which count from 1. */
const evaluationRandom = (seed: number, k: number) => ({ seed, step: 2 ** 32 - k });

/** What a training step gives: the loss, the norm of its gradient before clipping, and how many images it saw. */
export interface StepResult {
  readonly loss: number;
  readonly gradNorm: number;
  readonly images: number;
}

/** The functions of a plan with the state of its run, on an engine. Calls must not overlap. */
export interface RunningPlan {
  /** Takes step k = 1, 2, ..., whole or in parts. */
  step(k: number): Promise<StepResult>;
  /** The mean loss of the moving average over the held-out batches, with the same noise at any time. */
  validate(): Promise<number>;
  /** The present state, copied. */
  read(): Promise<TrainingState>;
  dispose(): Promise<void>;
}

/** Brings a plan and the state that its run goes on from to an engine. */
export async function startPlan(
  plan: TrainingPlan,
  engine: Engine,
  state: TrainingState,
): Promise<RunningPlan> {
  const { network, objective, optimiser, validation, seed, learningRate } = plan;
  const functions: Record<string, StepFunction> = {
    step: trainingStep(network, objective, optimiser),
    gradient: gradientStep(network, objective),
    update: updateStep(network, optimiser),
  };
  if (validation) functions.evaluation = evaluationStep(network, validation.objective);
  const running = await engine.start(functions, toHost(state));

  const stepInParts = async (inputs: Inputs, scalars: Inputs, parts: number) => {
    const { loss, gradient } = await running.sum('gradient', microBatches(inputs, parts));
    const update = { ...scalars, gradient: gradient!, parts: scalar(parts) };
    const { gradNorm } = await running.run('update', update);
    return { loss: (loss!.data[0] as number) / parts, gradNorm };
  };
  const draw = (k: number) => {
    const { x, ...rest } = plan.batch(k);
    return { k, shape: x.dims, inputs: objective.draw({ x, ...rest }, { seed, step: k }) };
  };
  const takeStep = async ({ k, shape, inputs }: ReturnType<typeof draw>) => {
    const scalars = stepScalars(k, learningRate(k), optimiser);
    const parts = objective.memory ? 1 : (plan.accumulate ?? engine.partsOf(network, shape));
    const { loss, gradNorm } = await (parts > 1
      ? stepInParts(inputs, scalars, parts)
      : running.run('step', { ...inputs, ...scalars }));
    return { loss: loss!, gradNorm: gradNorm!, images: shape[0]! };
  };
  let next: ReturnType<typeof draw> | undefined;
  return {
    async step(k) {
      const taken = takeStep(next?.k === k ? next : draw(k));
      // While the engine computes elsewhere, so that no step waits for its data and noise.
      next = k < plan.steps ? draw(k + 1) : undefined;
      return taken;
    },
    async validate() {
      let sum = 0;
      for (let k = 1; k <= validation!.batches; k++) {
        const inputs = validation!.objective.draw(validation!.batch(k), evaluationRandom(seed, k));
        sum += (await running.run('evaluation', inputs)).loss!;
      }
      return sum / validation!.batches;
    },
    read: async () => fromHost(await running.read()),
    dispose: () => running.dispose(),
  };
}

type Inputs = Readonly<Record<string, HostTensor>>;

const scalar = (value: number): HostTensor => new Tensor('float32', Float32Array.of(value), []);

const toHost = (state: TrainingState): Record<string, HostTensor> =>
  Object.fromEntries(
    Object.entries(state).map(([name, data]) => [name, new Tensor('float32', data, [data.length])]),
  );

const fromHost = (state: Readonly<Record<string, HostTensor>>): TrainingState =>
  Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, data])) as TrainingState;
