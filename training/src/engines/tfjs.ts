import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { registerCorrectedGradients } from '../autodiff/register.js';
import type { HostTensor } from '../objectives/objective.js';
import { findTensorFlow } from '../setup/placement.js';
import { shareTfjs } from '../setup/share-tfjs.js';
import type { StepFunction } from '../optimiser/step-function.js';
import type { Engine, EngineName } from './engine.js';
import { toDevice, toVariables, useBackend } from './variables.js';

/** tfjs's backend in plain JavaScript: slow, and with nothing to install. For tests and comparison. */
export const tfjsCpuEngine = (reason = 'asked for'): Engine =>
  eagerEngine('tfjs-cpu', 'cpu', { device: 'cpu, plain JavaScript', reason });

/** An engine on libtensorflow, and whether it computes on a GPU. */
export interface TensorFlowEngine extends Engine {
  readonly usesGpu: boolean;
  /** The version of libtensorflow. */
  readonly tensorflow: string;
}

export interface TensorFlowEngineOptions {
  readonly reason?: string | undefined;
  /**
   * Where the package is taken from: the folder of one that `scorebridge setup tensorflow` built, or `'node_modules'`.
   * Default: what setup built where it is there, since it builds only where the published one does not do.
   */
  readonly folder?: string | undefined;
}

/**
 * The engine on libtensorflow, if its package loads.
 *
 * @throws EngineUnavailableError with what is missing and what to do
 */
export async function tensorFlowEngine(
  name: 'tfjs-node' | 'tfjs-node-gpu',
  { reason = 'asked for', folder = findTensorFlow() ?? 'node_modules' }: TensorFlowEngineOptions = {},
): Promise<TensorFlowEngine> {
  const specifier = `@tensorflow/${name}`;
  const built = folder !== 'node_modules';
  const unavailable = (why: string, remedy: string, cause?: unknown) =>
    new EngineUnavailableError(name, `${specifier} ${why}`, remedy, cause);
  const here = createRequire(import.meta.url);
  const there = built ? createRequire(join(folder, 'package.json')) : here;
  let entry: string;
  try {
    entry = there.resolve(specifier);
  } catch (error) {
    throw unavailable(built ? `is not in ${folder}` : 'is not installed', SET_UP, error);
  }
  // Its backend and its stock gradients would come to life in that copy, beside and over those used here.
  if (!built && createRequire(entry).resolve('@tensorflow/tfjs') !== here.resolve('@tensorflow/tfjs'))
    throw unavailable(
      `has a @tensorflow/tfjs of its own, not the ${tf.version.tfjs} that is used here`,
      `install ${specifier}@${tf.version.tfjs} (then npm dedupe), or remove it and ${SET_UP}`,
    );
  restoreIsNullOrUndefined();
  if (built) shareTfjs();
  // Its warnings, such as why it finds no GPU, without what it says of itself at every start.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  try {
    here(entry);
  } catch (error) {
    throw unavailable(`does not load (${firstLine(error)})`, SET_UP, error);
  }
  await useBackend('tensorflow');
  const { isUsingGpuDevice: usesGpu = false, binding } = tf.backend() as unknown as NodeBackend;
  const tensorflow = binding?.TF_Version ?? 'unknown';
  const device = usesGpu
    ? 'GPU'
    : name === 'tfjs-node-gpu'
      ? 'cpu: TensorFlow finds no GPU'
      : `cpu, libtensorflow ${tensorflow}`;
  return { ...eagerEngine(name, 'tensorflow', { device, reason }), usesGpu, tensorflow };
}

const SET_UP = 'run npx scorebridge setup tensorflow';

/** What is used of tfjs-node's backend. */
interface NodeBackend {
  readonly isUsingGpuDevice?: boolean;
  readonly binding?: { readonly TF_Version: string };
}

export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';

  constructor(
    engine: EngineName,
    /** What is missing. */
    readonly why: string,
    remedy: string,
    cause: unknown,
  ) {
    super(`The engine ${engine} is not available: ${why}; ${remedy}, or take the engine compiled.`, {
      cause,
    });
  }
}

function eagerEngine(
  name: EngineName,
  backend: string,
  { device, reason }: Pick<Engine, 'device' | 'reason'>,
): Engine {
  return {
    name,
    device,
    reason,
    partsOf: () => 1,
    async start(functions, state) {
      registerCorrectedGradients();
      await useBackend(backend);
      const variables = toVariables(state);
      const call = (fn: StepFunction, inputs: Readonly<Record<string, HostTensor>>) =>
        fn(
          variables,
          Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, toDevice(value)])),
        );
      return {
        async run(name, inputs) {
          await useBackend(backend);
          const scalars = tf.tidy(() => call(functions[name], inputs));
          const values: Record<string, number> = {};
          for (const [name, scalar] of Object.entries(scalars)) values[name] = (await scalar.data())[0]!;
          tf.dispose(scalars);
          return values;
        },
        async sum(name, inputs) {
          await useBackend(backend);
          let sums: Record<string, tf.Tensor> = {};
          for (const part of inputs) {
            const before = sums;
            sums = tf.tidy(() => {
              const outputs = Object.entries(call(functions[name], part));
              return Object.fromEntries(
                outputs.map(([name, value]) => [name, before[name] ? tf.add(before[name], value) : value]),
              );
            });
            tf.dispose(before);
          }
          const values: Record<string, HostTensor> = {};
          for (const [name, sum] of Object.entries(sums))
            values[name] = new Tensor('float32', Float32Array.from(await sum.data<'float32'>()), sum.shape);
          tf.dispose(sums);
          return values;
        },
        async read() {
          const values: Record<string, HostTensor> = {};
          for (const [name, variable] of Object.entries(variables))
            values[name] = new Tensor(
              'float32',
              Float32Array.from(await variable.data<'float32'>()),
              variable.shape,
            );
          return values;
        },
        dispose: async () => tf.dispose(variables),
      };
    },
  };
}

/** tfjs-node 4.22 calls a function that Node 23 took away (tensorflow/tfjs issue 8609). */
function restoreIsNullOrUndefined(): void {
  const util = createRequire(import.meta.url)('node:util') as { isNullOrUndefined?: unknown };
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim().replace(/\.$/, '');
