import * as tf from '@tensorflow/tfjs-core';
import { product } from '../graph/sizes.js';
import type { ModelInput, TfjsModel } from './tfjs-model.js';

/** The numbers of inputs that are fixed, by name; row after row. */
export type FixedInputs = Readonly<Record<string, readonly number[]>>;

/**
 * A model without some of its inputs, which have these values instead: numbers that decide on a branch or a size, which
 * a graph cannot leave open.
 *
 * @throws Error where there is no such input, or the numbers do not fill its shape
 */
export function fixInputs(model: TfjsModel, values: FixedInputs): TfjsModel {
  const names = Object.keys(values);
  if (names.length === 0) return model;
  const unknown = names.find((name) => !model.inputs.some((input) => input.name === name));
  if (unknown !== undefined) {
    const known = model.inputs.map(({ name }) => name).join(', ') || 'none';
    throw new Error(`The model has no input ${unknown}; its inputs are: ${known}.`);
  }
  const fixed = model.inputs.filter(({ name }) => name in values);
  const shapes = new Map(fixed.map((input) => [input.name, shapeFor(input, values[input.name]!)]));
  const complete = (given: Readonly<Record<string, tf.Tensor>>) => ({
    ...given,
    ...Object.fromEntries(
      fixed.map(({ name, dtype }) => [name, tf.tensor([...values[name]!], shapes.get(name), dtype)]),
    ),
  });
  return {
    ...model,
    inputs: model.inputs.filter(({ name }) => !(name in values)),
    apply: (given) => model.apply(complete(given)),
    run: (given) => model.run(complete(given)),
  };
}

/** The shape of an input with as many numbers, its one open size made to fit; of an unknown one a scalar or a list. */
function shapeFor({ name, shape }: ModelInput, numbers: readonly number[]): number[] {
  if (!shape) return numbers.length === 1 ? [] : [numbers.length];
  const open = shape.filter((d) => d < 0).length;
  const rest = numbers.length / product(shape.filter((d) => d >= 0));
  const filled = shape.map((d) => (d >= 0 ? d : open === 1 ? rest : 1));
  if (filled.every((d) => Number.isInteger(d)) && product(filled) === numbers.length) return filled;
  const text = shape.map((d) => (d < 0 ? '?' : d)).join(', ');
  throw new Error(`The input ${name} has the shape [${text}], which ${numbers.length} numbers do not fill.`);
}
