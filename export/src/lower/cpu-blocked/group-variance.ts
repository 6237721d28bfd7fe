import { topological, Value, type Graph } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import type { LoweringRule } from '../lower.js';
import { aroundMean, inGroups, meanOfChannels, meanOfGroups } from '../portable/group-variance.js';
import { blockedForm, fromBlocked } from './blocked.js';

/** The most that the mean square of a channel may be of the variance of its group for the square of its mean to be taken off. */
const TRUSTED = 16;

/**
 * Inside each channel as the mean square less the square of the mean, which goes over the image once and writes none, and from
 * channel to channel as the mean square around the mean. Where a mean is so far from zero that the first would cancel, all is
 * computed around the mean, as everywhere else.
 */
export const groupVariance: LoweringRule = ({ attrs }, [image, offset]) => {
  const blocked = blockedForm(image!);
  if (!blocked) return undefined;
  const grouped = (ofChannels: Value) => inGroups(ofChannels, attrs['groups'] as number);
  const squared = (v: Value) => g.mul(v, v);

  const squares = grouped(meanOfChannels(squared(image!)));
  const inside = g.sub(squares, squared(grouped(meanOfChannels(image!))));
  const means = grouped(meanOfChannels(image!, offset));
  const mean = meanOfGroups(means);
  const variance = meanOfGroups(g.add(inside, squared(g.sub(means, mean))));

  const margin = g.sub(g.mul(variance, g.scalar(TRUSTED, variance)), squares);
  const least = g.reduce('ReduceMin', margin, [0, 1, 2, 3, 4], false);
  const captures = [variance, mean, blocked, ...(offset ? [offset] : [])];
  return g.emitMany(
    'If',
    [g.compare('Greater', least, g.scalar(0, least)), ...captures],
    [variance],
    { captures: captures.length },
    {},
    {
      then_branch: body(captures, ([variance]) => g.unary('Identity', variance!)),
      else_branch: body(captures, ([, mean, blocked, offset]) =>
        aroundMean(fromBlocked(blocked!), offset, mean!),
      ),
    },
  );
};

/** A branch that reads values of the graph around it. */
function body(captures: readonly Value[], make: (formals: readonly Value[]) => Value): Graph {
  const inputs = captures.map(({ dtype, shapes }, i) => {
    const formal = new Value(dtype, shapes);
    formal.name = `outer_${i}`;
    return formal;
  });
  const value = make(inputs);
  return { inputs, outputs: [{ name: 'variance', value }], nodes: topological([value]) };
}
