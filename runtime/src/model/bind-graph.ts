import { describeValue, type GraphValue, type GraphValues } from '../card/graph-values.js';
import type { ModelCard } from '../card/model-card.js';
import { ELEMENT_TYPES, type ElementType, FLOATS, INTEGERS } from './element-types.js';
import { ModelError } from './model-error.js';

/** What an input beside x, level and label is always given. */
export interface ConstantInput {
  /** Row by row, converted to the type that the graph asks for. */
  readonly data: ArrayLike<number>;
  /**
   * As the graph has them. Where its first dimension is the batch, 1 for the same row for every sample; or, of a model with
   * classes that has no label input, as many as labels (that for none included), for the row of each sample's label.
   */
  readonly dims: readonly number[];
}

export type ConstantInputs = Readonly<Record<string, ConstantInput>>;

/** An input or output and how numbers become its elements. */
export interface Bound extends ElementType {
  readonly name: string;
  readonly type: string;
  readonly whole: boolean;
  /** Its dimensions after the first. */
  readonly rest: readonly number[];
}

export interface BoundConstant extends Bound, ConstantInput {
  /** Whether the first dimension is the batch. */
  readonly batched: boolean;
}

/** A graph, input by input. */
export interface GraphBinding {
  readonly x: Bound;
  readonly level: Bound;
  readonly label: Bound | undefined;
  readonly prediction: Bound;
  readonly constants: readonly BoundConstant[];
  /** How many samples a call takes; undefined: any number. */
  readonly batch: number | undefined;
  /** Whether a call has one level for all of its samples, as a tensor of this shape. */
  readonly oneLevel: readonly number[] | undefined;
}

/**
 * Holds the inputs and outputs that a card names against the graph that it is of; what else the graph asks for is given when it
 * is loaded.
 *
 * @throws ModelError that says which input or output is missing, or of another type or shape.
 */
export function checkCard(values: GraphValues, card: ModelCard): void {
  bindNamed(values, card);
}

/**
 * Holds a graph against the card that says what its inputs are.
 *
 * @throws ModelError that says which input or output is missing, superfluous, or of another type or shape.
 */
export function bindGraph(values: GraphValues, card: ModelCard, given: ConstantInputs = {}): GraphBinding {
  const { inputs } = values;
  const { classes } = card;
  const named = bindNamed(values, card);
  const { x, level, label, batch } = named;
  const names = [x, level, label].map((value) => value?.name);
  const others = inputs.filter(({ name }) => !names.includes(name));
  const superfluous = Object.keys(given).find((name) => !others.some((other) => other.name === name));
  if (superfluous !== undefined)
    throw new ModelError(
      `inputs has '${superfluous}', which is none of the model's inputs beside those of the card: ${list(others)}.`,
    );
  const rows = classes && !label ? Math.max(classes.count, (classes.unconditional ?? 0) + 1) : undefined;
  const constants = others.map((value) => bindConstant(value, given[value.name], batch, rows));
  if (rows && !constants.some(({ batched, dims }) => batched && dims[0] === rows))
    throw new ModelError(
      `The card has classes and no input of the model is told the label: name one as graph.label, or give one of ${list(others)} a row for each of ${rows} labels.`,
    );
  return { ...named, constants };
}

function bindNamed(
  { inputs, outputs }: GraphValues,
  { graph: names, shape, classes }: ModelCard,
): Omit<GraphBinding, 'constants'> {
  const graph = names ?? {
    x: 'x',
    level: 'level',
    prediction: 'prediction',
    label: classes ? 'label' : undefined,
  };
  const find = (values: readonly GraphValue[], kind: string, field: string, name: string): GraphValue => {
    const found = values.find((value) => value.name === name);
    if (found) return found;
    throw new ModelError(
      `The card's graph.${field} is '${name}', and the model has no such ${kind}: its ${kind}s are ${list(values)}.`,
    );
  };
  const x = find(inputs, 'input', 'x', graph.x);
  const level = find(inputs, 'input', 'level', graph.level);
  const label = graph.label === undefined ? undefined : find(inputs, 'input', 'label', graph.label);
  const prediction = find(outputs, 'output', 'prediction', graph.prediction);

  const fitsShape = ({ shape: found }: GraphValue) =>
    found === undefined ||
    (found.length === shape.length + 1 &&
      shape.every((d, i) => found[i + 1] === d || typeof found[i + 1] === 'string'));
  for (const value of [x, prediction]) {
    if (!fitsShape(value)) throw misfit(value, `[batch, ${shape.join(', ')}]`);
  }
  const fixed = [x, level, label]
    .map((value) => value?.shape?.[0])
    .find((d) => typeof d === 'number' && d > 1);
  const batch = typeof x.shape?.[0] === 'number' ? x.shape[0] : (fixed as number | undefined);
  // A number a sample, perhaps in a column; or one in all, where there are more samples.
  const perSample = ({ shape: found = [''] }: GraphValue) =>
    found.length > 0 &&
    (typeof found[0] === 'string' || found[0] === batch) &&
    found.slice(1).every((d) => d === 1);
  const one = level.shape?.every((d) => d === 1) && !perSample(level) ? (level.shape as number[]) : undefined;
  if (!one && !perSample(level)) throw misfit(level, '[batch] or one number');
  if (label && !perSample(label)) throw misfit(label, '[batch]');
  return {
    x: bind(x, FLOATS),
    level: bind(level, { ...INTEGERS, ...FLOATS }),
    label: label && bind(label, { ...INTEGERS, ...FLOATS }),
    prediction: bind(prediction, FLOATS),
    ...{ batch, oneLevel: one },
  };
}

function bind(value: GraphValue, types: Readonly<Record<string, ElementType>>): Bound {
  const { name, type, shape } = value;
  const element = types[type];
  if (element) {
    const rest = (shape ?? []).slice(1).filter((d) => typeof d === 'number');
    return { name, type, whole: type in INTEGERS, rest, ...element };
  }
  throw new ModelError(
    `The model's '${name}' is ${describeValue(value)}; expected ${Object.keys(types).join(', ')}.`,
  );
}

function bindConstant(
  value: GraphValue,
  given: ConstantInput | undefined,
  batch: number | undefined,
  rows: number | undefined,
): BoundConstant {
  const { name, shape } = value;
  const is = `The model's '${name}' is ${describeValue(value)}`;
  if (!given)
    throw new ModelError(
      `${is}, and the card does not say what it is: give it as inputs: { ${name}: { data, dims } }.`,
    );
  const { data, dims } = given;
  const size = dims.reduce((a, b) => a * b, 1);
  if (data.length !== size)
    throw new ModelError(
      `inputs.${name} has ${data.length} numbers; expected ${size}, of [${dims.join(', ')}].`,
    );
  const first = shape?.[0];
  const batched = typeof first === 'string' || (first !== undefined && first === batch);
  const fits =
    shape === undefined ||
    (dims.length === shape.length &&
      shape.every((d, i) =>
        i === 0 && batched ? dims[0] === 1 || dims[0] === rows : typeof d === 'string' || d === dims[i],
      ));
  if (!fits)
    throw new ModelError(
      `${is}; inputs.${name} is [${dims.join(', ')}]${batched ? `, where its first dimension has to be 1${rows ? ` or ${rows}, a row a label` : ''}` : ''}.`,
    );
  return { ...bind(value, ELEMENT_TYPES), ...{ data, dims, batched } };
}

const misfit = (value: GraphValue, expected: string) =>
  new ModelError(`The model's '${value.name}' is ${describeValue(value)}; its card says ${expected}.`);

const list = (values: readonly GraphValue[]) =>
  values.map((value) => `${value.name} (${describeValue(value)})`).join(', ') || 'none';
