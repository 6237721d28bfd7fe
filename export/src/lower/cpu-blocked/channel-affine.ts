import type { Value } from '../../graph/graph.js';
import { channelAffineOf, type ChannelTerm } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { mapSizes } from '../../graph/sizes.js';
import type { LoweringRule } from '../lower.js';
import {
  asOneSample,
  blockedForm,
  emitBlocked,
  fits,
  fromBlocked,
  plainWindow,
  toBlocked,
  windowAttributes,
} from './blocked.js';

/**
 * Each term as a convolution of one tap a channel, which adds the offset and the terms before it on its way: one pass
 * over the image where products and sums that broadcast take two or three.
 */
export const channelAffine =
  (block: number): LoweringRule =>
  (node, inputs) => {
    const { terms, offset } = channelAffineOf(node, inputs);
    if (!terms.every(({ base }) => fits(base, block)) || !terms.some(({ base }) => blockedForm(base)))
      return undefined;
    const image = node.output.shapes;
    const perChannel = (v: Value, rank: number) => {
      const spread = g.expand(
        v,
        mapSizes(image, (s) => [s[0]!, s[1]!, 1, 1]),
      );
      return g.reshape(
        spread,
        mapSizes(image, (s) => [s[0]! * s[1]!, 1, 1, 1].slice(0, rank)),
      );
    };
    const zero = g.scalar(0, node.output);
    const one = g.scalar(1, node.output);
    // A term without a factor is what the others are added to.
    const bare = terms.length > 1 ? terms.find(({ factor }) => !factor) : undefined;
    const rest = terms.filter((term) => term !== bare);
    const step = (sum: Value | undefined, { base, factor = one }: ChannelTerm, i: number): Value => {
      const last = i === rest.length - 1;
      const x = asOneSample(toBlocked(base));
      return emitBlocked(
        'Conv',
        [x, perChannel(factor, 4), perChannel((last ? offset : undefined) ?? zero, 1), ...(sum ? [sum] : [])],
        x.shapes,
        windowAttributes(plainWindow([1, 1], x.shape[1])),
      );
    };
    const start = bare && asOneSample(toBlocked(bare.base));
    return [fromBlocked(g.reshape(rest.reduce(step, start)!, image))];
  };
