import { compile, type CompileOptions } from '@scorebridge/export';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { availableParallelism } from 'node:os';
import { registerCorrectedGradients } from '../autodiff/register.js';
import type { HostTensor } from '../objectives/objective.js';
import type { Engine } from './engine.js';
import { toVariables, useBackend } from './variables.js';

/** The tfjs backend that holds the variables while a step is traced; it computes nothing. */
const HOLDER = 'cpu';

/**
 * The engine that traces the training step once and runs it on ONNX Runtime.
 *
 * @throws ProviderUnavailableError if a provider is asked for that is not there
 */
export async function compiledEngine(
  options: Pick<CompileOptions, 'provider' | 'threads' | 'lowering'> = {},
): Promise<Engine> {
  await useBackend(HOLDER);
  const probe = compile(({ x }) => ({ y: tf.neg(x!) }), options);
  const provider = await probe.prepare({ x: { dtype: 'float32', shape: [1] } });
  await probe.dispose();
  const threads = options.threads ?? availableParallelism();
  return {
    name: 'compiled',
    device:
      provider.name === 'cpu' ? `cpu, ${threads} ${threads === 1 ? 'thread' : 'threads'}` : provider.name,
    reason: provider.reason,
    async start(step, state) {
      registerCorrectedGradients();
      await useBackend(HOLDER);
      const variables = toVariables(state);
      const compiled = compile((inputs) => step(variables, inputs), options);
      return {
        async run(inputs) {
          await useBackend(HOLDER);
          const scalars = await compiled.run(inputs);
          return Object.fromEntries(
            Object.entries(scalars).map(([name, { data }]) => [name, Number(data[0])]),
          );
        },
        async read() {
          const values: Record<string, HostTensor> = {};
          for (const [name, variable] of Object.entries(variables)) {
            const { data, dims } = await compiled.readVariable(variable);
            values[name] = new Tensor('float32', (data as Float32Array).slice(), dims);
          }
          return values;
        },
        async dispose() {
          await compiled.dispose();
          tf.dispose(variables);
        },
      };
    },
  };
}
