import type { Value } from '../../graph/graph.js';

export type Inputs = Readonly<Record<string, Value>>;

/**
 * What a tfjs kernel records: from the values of its inputs and its attributes to the values of its outputs. A method
 * signature, so that a rule may name the attributes of its own kernel.
 */
export type Rule = { rule(inputs: Inputs, attrs: object): Value | Value[] }['rule'];

export type Rules = Readonly<Record<string, Rule>>;

/** The one input that must be there. */
export function input(inputs: Inputs, name: string): Value {
  const value = inputs[name];
  if (!value) throw new Error(`The input ${name} is missing.`);
  return value;
}
