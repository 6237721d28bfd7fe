import { VERSION } from '@scorebridge/runtime';
import { readFile } from 'node:fs/promises';
import { writeAtomically } from '../files/write-atomically.js';
import { layout, parameterCount, type ParameterSpec } from '../models/parameters.js';
import { isMemory } from '../objectives/memory.js';
import type { AverageName, TrainingState } from '../optimiser/training-state.js';
import { decodeSafetensors, encodeSafetensors, SafetensorsError, type NamedTensor } from './safetensors.js';

const FORMAT = 'scorebridge.checkpoint.1';

/** The parts of every training state, in the order in which a checkpoint holds them; further averages come after. */
const PARTS = [
  'parameters',
  'first_moment',
  'second_moment',
  'ema',
] as const satisfies (keyof TrainingState)[];

/** The parts of a state or a checkpoint with these names among its parts. */
const partsAmong = (names: Iterable<string>): (keyof TrainingState)[] => [
  ...PARTS,
  ...([...new Set(names)].filter((name) => name.startsWith('ema_')) as AverageName[]),
];

/** A checkpoint as read: which run it belongs to, how far it is, and its tensors, `<part>/<parameter>` by name. */
export interface Checkpoint {
  readonly path: string;
  readonly step: number;
  /** The configuration of the run. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The engine that took the steps. */
  readonly engine: string;
  /** The loss of the moving average on held-out data, where that is why it was written. */
  readonly validation?: number | undefined;
  readonly tensors: ReadonlyMap<string, NamedTensor>;
}

export interface CheckpointContents extends Pick<Checkpoint, 'step' | 'config' | 'engine' | 'validation'> {
  readonly specs: readonly ParameterSpec[];
  readonly state: TrainingState;
}

/** Writes a checkpoint as a safetensors file, atomically. */
export async function writeCheckpoint(
  path: string,
  { step, config, engine, validation, specs, state }: CheckpointContents,
): Promise<void> {
  const tensors = new Map<string, NamedTensor>();
  for (const part of partsAmong(Object.keys(state)))
    for (const { name, shape, start, size } of layout(specs))
      tensors.set(`${part}/${name}`, { shape, data: state[part]!.subarray(start, start + size) });
  for (const [name, data] of Object.entries(state))
    if (isMemory(name)) tensors.set(name, { shape: [data.length], data });
  const metadata = {
    format: FORMAT,
    scorebridge: VERSION,
    step: String(step),
    engine,
    ...(validation !== undefined && { validation: String(validation) }),
    config: JSON.stringify(config),
  };
  await writeAtomically(path, encodeSafetensors({ tensors, metadata }));
}

/**
 * Reads a checkpoint and verifies its checksum.
 *
 * @throws CheckpointError in one sentence that names the file and what is wrong with it
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new CheckpointError(path, `it cannot be read (${error.code})`);
  });
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const { format, step, config, engine = '', validation } = metadata;
    if (format !== FORMAT)
      throw new SafetensorsError(`its format is ${format ?? 'not named'}, where ${FORMAT} was expected`);
    return {
      path,
      step: Number(step),
      config: JSON.parse(config!) as Checkpoint['config'],
      engine,
      ...(validation !== undefined && { validation: Number(validation) }),
      tensors,
    };
  } catch (error) {
    if (error instanceof SafetensorsError) throw new CheckpointError(path, error.message);
    throw error;
  }
}

/**
 * The flat state in a checkpoint, with all the moving averages that it keeps, for a network with the parameters `specs`.
 *
 * @throws CheckpointError that names the first parameter that the checkpoint or the network lacks, or whose shape differs
 */
export function stateOf({ path, tensors }: Checkpoint, specs: readonly ParameterSpec[]): TrainingState {
  const another = (what: string) => new CheckpointError(path, `it is of another network: ${what}`);
  const memory = [...tensors].filter(([name]) => isMemory(name));
  const parts = partsAmong([...tensors.keys()].map((name) => name.split('/')[0]!));
  const expected = new Set(parts.flatMap((part) => specs.map(({ name }) => `${part}/${name}`)));
  for (const name of tensors.keys())
    if (!expected.has(name) && !isMemory(name)) throw another(`its ${name} is not in this one`);
  const flat = (part: string) => {
    const whole = new Float32Array(parameterCount(specs));
    for (const { name, shape, start } of layout(specs)) {
      const tensor = tensors.get(`${part}/${name}`);
      if (!tensor) throw another(`it has no ${part}/${name}`);
      if (tensor.shape.join() !== shape.join())
        throw another(
          `its ${part}/${name} is [${tensor.shape.join(', ')}], this one's is [${shape.join(', ')}]`,
        );
      whole.set(tensor.data, start);
    }
    return whole;
  };
  return Object.fromEntries([
    ...parts.map((part) => [part, flat(part)] as const),
    ...memory.map(([name, { data }]) => [name, data] as const),
  ]) as TrainingState;
}

export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';

  constructor(
    readonly path: string,
    /** What is wrong, as the end of a sentence. */
    readonly why: string,
    advice = '',
  ) {
    super(`The checkpoint ${path} cannot be used: ${why}.${advice && ` ${advice}`}`);
  }
}
