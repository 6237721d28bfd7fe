import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { createRequire } from 'node:module';
import { registerCorrectedGradients } from '../autodiff/register.js';
import type { HostTensor } from '../objectives/objective.js';
import type { Engine, EngineName } from './engine.js';
import { toDevice, toVariables, useBackend } from './variables.js';

/** tfjs's backend in plain JavaScript: slow, and with nothing to install. For tests and comparison. */
export const tfjsCpuEngine = (reason = 'asked for'): Engine =>
  eagerEngine('tfjs-cpu', 'cpu', { device: 'cpu, plain JavaScript', reason });

/** An engine on libtensorflow, and whether it computes on a GPU. */
export interface TensorFlowEngine extends Engine {
  readonly usesGpu: boolean;
}

/**
 * The engine on libtensorflow, if its package loads.
 *
 * @throws EngineUnavailableError with what is missing and what to do
 */
export async function tensorFlowEngine(
  name: 'tfjs-node' | 'tfjs-node-gpu',
  reason = 'asked for',
): Promise<TensorFlowEngine> {
  const specifier = `@tensorflow/${name}`;
  restoreIsNullOrUndefined();
  try {
    await import(specifier);
  } catch (error) {
    const absent =
      (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND' && String(error).includes(specifier);
    const [what, remedy] = absent
      ? ['is not installed', 'install it']
      : [`does not load (${firstLine(error)})`, 'install it anew'];
    throw new EngineUnavailableError(
      name,
      `${specifier} ${what}`,
      `${remedy} (npm install ${specifier})`,
      error,
    );
  }
  await useBackend('tensorflow');
  const usesGpu = (tf.backend() as unknown as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
  const device = usesGpu
    ? 'GPU'
    : name === 'tfjs-node-gpu'
      ? 'cpu: TensorFlow finds no GPU'
      : 'cpu, libtensorflow';
  return { ...eagerEngine(name, 'tensorflow', { device, reason }), usesGpu };
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
    async start(functions, state) {
      registerCorrectedGradients();
      await useBackend(backend);
      const variables = toVariables(state);
      return {
        async run(name, inputs) {
          await useBackend(backend);
          const scalars = tf.tidy(() =>
            functions[name](
              variables,
              Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, toDevice(value)])),
            ),
          );
          const values: Record<string, number> = {};
          for (const [name, scalar] of Object.entries(scalars)) values[name] = (await scalar.data())[0]!;
          tf.dispose(scalars);
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
