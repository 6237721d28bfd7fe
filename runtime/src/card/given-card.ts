import { VERSION } from '../version.js';
import type { GraphValues } from './graph-values.js';
import type { Graph, ModelCard } from './model-card.js';
import { CARD_FORMAT, CardError, parseCard } from './parse-card.js';

/**
 * A card for a file that has none. Noise process and parametrisation are what nothing but its maker knows; the rest has
 * defaults: the shape of the graph's x where it is fixed, channels first (flat if it is no image), values from -1 to 1, no
 * classes, and of where it is from that it is unknown.
 */
export type GivenCard = Pick<ModelCard, 'process' | 'parametrisation'> & Partial<ModelCard>;

/** A graph as diffusers' U-Nets are exported: its timestep counts from 0. */
export const DIFFUSERS_GRAPH: Graph = {
  ...{ x: 'sample', level: 'timestep', prediction: 'out_sample' },
  levelAs: 'index',
};

/**
 * The whole card that a given one means for a graph.
 *
 * @throws CardError that says which field is wrong, that the graph has no such x, or that the shape has to be given.
 */
export function completeCard(given: GivenCard, { inputs }: GraphValues): ModelCard {
  const name = given.graph?.x ?? 'x';
  const x = inputs.find((input) => input.name === name);
  if (!x)
    throw new CardError(
      `The model has no input '${name}': its inputs are ${inputs.map(({ name }) => name).join(', ')}, so say in the card's graph which is what.`,
    );
  const shape = given.shape ?? x.shape?.slice(1);
  if (!shape?.length || shape.some((extent) => typeof extent === 'string'))
    throw new CardError(
      `The model does not say the shape of '${name}': give it in the card, as in shape: [3, 32, 32].`,
    );
  return parseCard({
    ...{ format: CARD_FORMAT, name: 'model', layout: shape.length === 3 ? 'channels-first' : 'flat' },
    ...{ valueRange: [-1, 1], classes: null, ema: null },
    dataset: { name: 'unknown', licence: 'unknown' },
    ...{ seed: 0, step: 0, engine: 'unknown', scorebridge: VERSION, command: 'none', figures: {} },
    ...given,
    shape,
  });
}
