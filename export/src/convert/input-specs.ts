import type { InputSpec } from '../trace/trace.js';
import type { ModelInput } from './tfjs-model.js';

/** A name for an open dimension: of every input that leaves this axis open, or of one. */
export interface DimensionName {
  readonly name: string;
  readonly input?: string;
  readonly axis: number;
}

/** Which open sizes are made numbers all the same: none, that of the batch, or all that the model was made for. */
export type Pinning = 'none' | 'batch' | 'all';

/** The shape that an input shall have: whole numbers, names for sizes that stay open, or nothing to leave one as it is. */
export type AskedShape = readonly (number | string | undefined)[];

const list = (inputs: readonly ModelInput[]) => inputs.map(({ name }) => name).join(', ') || 'none';
const shapeText = (shape: readonly number[]) => `[${shape.map((d) => (d < 0 ? '?' : d)).join(', ')}]`;

/**
 * What inputs a model is exported with. Open sizes get names: `batch` the first axis, `height` and `width` those of an
 * image, and else the input's name and the number of the axis.
 *
 * @throws Error where a name or shape that was asked for does not fit, or a shape has to be told
 */
export function inputSpecs(
  inputs: readonly ModelInput[],
  names: readonly DimensionName[] = [],
  shapes: Readonly<Record<string, AskedShape>> = {},
  pinning: Pinning = 'none',
): Record<string, InputSpec> {
  for (const name of [...Object.keys(shapes), ...names.flatMap(({ input }) => input ?? [])]) {
    if (!inputs.some((input) => input.name === name))
      throw new Error(`The model has no input ${name}; its inputs are: ${list(inputs)}.`);
  }
  const used = new Set<DimensionName>();
  const specs = Object.fromEntries(
    inputs.map((input) => {
      const own = openShape(input, shapes[input.name]);
      const shape = own.map((d, axis) => {
        if (typeof d === 'string' || d >= 0) return d;
        const asked =
          names.find((n) => n.input === input.name && n.axis === axis) ??
          names.find((n) => n.input === undefined && n.axis === axis);
        if (asked) {
          used.add(asked);
          return asked.name;
        }
        const pinned = axis === 0 ? 1 : pinning === 'all' ? (input.usual?.[axis] ?? -1) : -1;
        if (pinning !== 'none' && pinned >= 0) return pinned;
        return defaultName(input, axis, own.length, inputs.length === 1);
      });
      return [input.name, { dtype: input.dtype, shape: shape }];
    }),
  );
  const unused = names.find((name) => !used.has(name));
  if (unused) {
    const { name, input, axis } = unused;
    throw new Error(
      `There is no open dimension ${input === undefined ? '' : `${input}:`}${axis} to name ${name}: the inputs are ` +
        `${inputs.map((i) => `${i.name} ${i.shape ? shapeText(i.shape) : 'of unknown shape'}`).join(', ')}.`,
    );
  }
  return specs;
}

/** The input's shape with what was asked for in it; -1 where a size is open and has no name. */
function openShape({ name, shape }: ModelInput, asked: AskedShape | undefined): (number | string)[] {
  if (!shape && !asked)
    throw new Error(
      `The model does not say what shape its input ${name} has: tell it with --shape ${name}=1,224,224,3 or the like.`,
    );
  if (!asked) return [...shape!];
  if (!shape) return asked.map((d) => d ?? -1);
  const fits =
    asked.length === shape.length &&
    asked.every((d, i) => typeof d !== 'number' || shape[i]! < 0 || shape[i] === d);
  if (!fits)
    throw new Error(
      `The input ${name} has the shape ${shapeText(shape)}, which [${asked.map((d) => d ?? '?').join(', ')}] does not fit.`,
    );
  return asked.map((d, i) => (typeof d === 'string' && shape[i]! >= 0 ? shape[i]! : (d ?? shape[i]!)));
}

function defaultName({ name }: ModelInput, axis: number, rank: number, alone: boolean): string {
  if (axis === 0) return 'batch';
  const plain = rank === 4 && axis < 3 ? ['height', 'width'][axis - 1]! : `dim${axis}`;
  return alone && rank === 4 && axis < 3 ? plain : `${name.replace(/\W+/g, '_')}_${plain}`;
}
