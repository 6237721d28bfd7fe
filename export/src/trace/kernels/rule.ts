import type { Value } from '../../graph/graph.js';

export type Inputs = Readonly<Record<string, Value>>;

/**
 * What a tfjs kernel records: from the values of its inputs and its attributes to the values of its outputs. A method
 * signature, so that a rule may name the attributes of its own kernel.
 */
export type Rule = { rule(inputs: Inputs, attrs: object): Value | Value[] }['rule'];

export type Rules = Readonly<Record<string, Rule>>;

/** A complex64 tensor, a type that ONNX does not have: its two parts, float32 of one shape. */
export class Complex {
  readonly dtype = 'complex64';
  constructor(
    readonly real: Value,
    readonly imag: Value,
  ) {}

  get shape(): readonly number[] {
    return this.real.shape;
  }
}

export type Recorded = Value | Complex;

/** What a kernel records where complex numbers go in or come out. */
export type ComplexRule = {
  rule(inputs: Readonly<Record<string, Recorded>>, attrs: object): Recorded | Recorded[];
}['rule'];

export type ComplexRules = Readonly<Record<string, ComplexRule>>;

/** The one input that must be there. */
export function input<V>(inputs: Readonly<Record<string, V>>, name: string): V {
  const value = inputs[name];
  if (!value) throw new Error(`The input ${name} is missing.`);
  return value;
}
