import { compile, type CompiledFunction, type CompileOptions } from '@scorebridge/export';
import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-common';
import { availableParallelism } from 'node:os';
import { registerCorrectedGradients } from '../autodiff/register.js';
import type { Network } from '../models/network.js';
import { sizeOf } from '../models/size-of.js';
import type { HostTensor } from '../objectives/objective.js';
import type { StepFunction } from '../optimiser/step-function.js';
import type { Engine, RunningFunctions } from './engine.js';
import { numbersPerSample } from './numbers-per-sample.js';
import { toVariables, useBackend } from './variables.js';

/**
 * The largest part of a batch that goes through a network at once on the cpu. A thread that has a whole part to itself does
 * more than its share of the threads on one batch would, and memory is that of the parts that are under way. Not a function
 * of the number of threads, so that the result is none either.
 */
const PART = 32;

/** That of a large network: beside parts of 16 they take up to 2% more time, and 11% (28 x 28) to 24% (64 x 64) less memory. */
const PART_OF_LARGE = 8;

/** Numbers that a large network makes of a sample: more than one of 48 channels makes of 32 x 32 pixels, taken 2 x 2 at once. */
const LARGE = 6e6;

/** Numbers in a sample below which a step is too short for its parts to be worth handing out: 16 x 16 pixels. */
const LEAST_SAMPLE = 256;

/**
 * With a pattern ONNX Runtime asks for the memory of a run in one piece, but keeps what the first run had in pieces: for a
 * step of a U-Net on 128 images at once 2.2 GiB in place of 1.3, in the same time.
 */
const ON_CPU = { enableMemPattern: false };

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
  const numbers = new WeakMap<Network, number>();
  return {
    name: 'compiled',
    device:
      provider.name === 'cpu' ? `cpu, ${threads} ${threads === 1 ? 'thread' : 'threads'}` : provider.name,
    provider: provider.name,
    reason: provider.reason,
    partsOf(network, [batch = 1, ...sample]) {
      if (provider.name !== 'cpu' || sizeOf(sample) < LEAST_SAMPLE) return 1;
      if (!numbers.has(network)) numbers.set(network, numbersPerSample(network, sample));
      return parts(batch, numbers.get(network)! > LARGE ? PART_OF_LARGE : PART);
    },
    async start<Name extends string>(
      functions: Readonly<Record<Name, StepFunction>>,
      state: Readonly<Record<string, HostTensor>>,
    ): Promise<RunningFunctions<Name>> {
      registerCorrectedGradients();
      await useBackend(HOLDER);
      const variables = toVariables(state);
      // The state is that of a function which is never called.
      const stateful = compile(() => ({}), {
        ...options,
        ...(provider.name === 'cpu' && { sessionOptions: ON_CPU }),
        ...{ threads, replicas: threads, donate: true },
      });
      const compiled = mapValues(functions, (fn) => stateful.sharing((inputs) => fn(variables, inputs)));
      return {
        async run(name, inputs) {
          await useBackend(HOLDER);
          const scalars = await compiled[name].run(inputs);
          return mapValues(scalars, ({ data }) => Number(data[0]));
        },
        async sum(name, inputs) {
          await useBackend(HOLDER);
          return compiled[name].sum(inputs);
        },
        async read() {
          const values: Record<string, HostTensor> = {};
          for (const [name, variable] of Object.entries(variables)) {
            const { data, dims } = await stateful.readVariable(variable);
            values[name] = new Tensor('float32', (data as Float32Array).slice(), dims);
          }
          return values;
        },
        async dispose() {
          for (const fn of Object.values<CompiledFunction>(compiled)) await fn.dispose();
          tf.dispose(variables);
        },
      };
    },
  };
}

/** The least number of equal parts of at most `largest`; 1 where they would be small, as for a prime batch. */
function parts(batch: number, largest: number): number {
  for (let parts = Math.ceil(batch / largest); batch / parts > largest / 4; parts++)
    if (batch % parts === 0) return parts;
  return 1;
}

const mapValues = <Name extends string, A, B>(
  record: Readonly<Record<Name, A>>,
  f: (value: A) => B,
): Record<Name, B> =>
  Object.fromEntries(Object.entries<A>(record).map(([name, value]) => [name, f(value)])) as Record<Name, B>;
