import type { Value } from '../../graph/graph.js';
import { channelAffine } from '../../graph/operators.js';
import * as g from '../../graph/ops.js';
import { mapSizes } from '../../graph/sizes.js';
import type { LoweringRule } from '../lower.js';

/** As the mean square of what is left when the mean of the group has been taken off. */
export const groupVariance: LoweringRule = ({ attrs }, [image, offset]) => {
  const means = inGroups(meanOfChannels(image!, offset), attrs['groups'] as number);
  return [aroundMean(image!, offset, meanOfGroups(means))];
};

/** The mean square of images, plus `offset` if there is one, around the mean of each group [N, G, 1, 1, 1]. */
export function aroundMean(image: Value, offset: Value | undefined, mean: Value): Value {
  const groups = mean.shape[1]!;
  const each = mapSizes(image.shapes, ([n, c]) => [n!, groups, c! / groups, 1, 1]);
  const ofChannels = g.reshape(
    g.expand(mean, each),
    mapSizes(image.shapes, ([n, c]) => [n!, c!, 1, 1]),
  );
  const shift = offset ? g.sub(offset, ofChannels) : g.unary('Neg', ofChannels);
  const centred = channelAffine([{ base: image }], shift);
  return meanOfGroups(inGroups(meanOfChannels(g.mul(centred, centred)), groups));
}

/** The mean over each image of a channel, plus `offset` if there is one: [N, C, 1, 1]. */
export function meanOfChannels(image: Value, offset?: Value): Value {
  const mean = g.reduce('ReduceMean', image, [2, 3], true);
  return offset ? g.add(mean, offset) : mean;
}

/** A number a channel, [N, C, 1, 1], as [N, G, C/G, 1, 1]. */
export const inGroups = (ofChannels: Value, groups: number): Value =>
  g.reshape(
    ofChannels,
    mapSizes(ofChannels.shapes, ([n, c]) => [n!, groups, c! / groups, 1, 1]),
  );

/** The mean of [N, G, C/G, 1, 1] over each group of channels: [N, G, 1, 1, 1]. */
export const meanOfGroups = (grouped: Value): Value => g.reduce('ReduceMean', grouped, [2], true);
