import { InvalidArgumentError, Option } from 'commander';
import { ORDERS, type SolverOrder } from './sampler-choices.js';

/** Makes a parser of whole numbers from `least` to `most`, both included. */
export const wholeNumber =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(
        `Expected a whole number ${most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`}.`,
      );
    return value;
  };

/** Parses a finite number. */
export function finiteNumber(text: string): number {
  const value = Number(text);
  if (!text.trim() || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

/** Parses the order of a solver. */
export function solverOrder(text: string): SolverOrder {
  const order = ORDERS.find((order) => String(order) === text);
  if (!order) throw new InvalidArgumentError(`Expected ${ORDERS.join(', ')}.`);
  return order;
}

/** Parses a step size: a finite number, or `auto`. */
export const stepSize = (text: string): number | 'auto' => (text === 'auto' ? text : finiteNumber(text));

/** Makes a parser of file names that end in one of `extensions`. */
export const fileName =
  (...extensions: string[]) =>
  (text: string): string => {
    if (!extensions.some((extension) => text.toLowerCase().endsWith(extension)))
      throw new InvalidArgumentError(`Expected a file name that ends in ${extensions.join(' or ')}.`);
    return text;
  };

/** The labels asked for: a list to be dealt out in turn, every class of the model, or none. */
export type LabelChoice = readonly number[] | 'all' | 'none';

/** Parses `all`, `none`, or whole numbers parted by commas. */
export function labelChoice(text: string): LabelChoice {
  if (text === 'all' || text === 'none') return text;
  if (!/^\d+(,\d+)*$/.test(text))
    throw new InvalidArgumentError("Expected a class such as 3, a list such as 0,1,2, 'all' or 'none'.");
  return text.split(',').map(Number);
}

/** `--provider`, with the providers that Node can have. */
export const providerOption = (): Option =>
  new Option('--provider <name>', 'execution provider of ONNX Runtime')
    .choices(['auto', 'cpu', 'cuda', 'webgpu'])
    .default('auto', 'auto: the fastest that loads');
