import { countUses, type Graph, type Node, type Value } from '../graph/graph.js';
import { groupVariance } from '../graph/operators.js';
import { isFixed, sameInts } from '../graph/sizes.js';
import { rewrite } from './rewrite.js';

/** The image around its mean is read twice by the square, and once to be scaled; a gradient would read it more often. */
const MOST_USES = 3;

/**
 * The variance of a group norm, a mean of squares around a mean, as one operator: a lowering may then compute it without
 * writing out the image around its mean. Where that is needed for a gradient it stays as it is.
 */
export function fuseGroupVariance(graph: Graph): Graph {
  const uses = countUses(graph);
  return rewrite(graph, (node, _, current) => {
    const centred = isGroupMean(node) && rootOf(node.inputs[0]!);
    if (!centred || centred.producer?.op !== 'Sub' || uses.get(centred)! > MOST_USES) return undefined;
    const [grouped, { producer: mean }] = centred.producer.inputs as [Value, Value];
    const image = imageOf(grouped);
    if (!image || !mean || !isGroupMean(mean) || mean.inputs[0] !== grouped) return undefined;
    return [groupVariance(current(image), grouped.shape[1]!)];
  });
}

/** Whether a node takes the mean of each group of [N, G, C/G, H, W]. */
const isGroupMean = ({ op, inputs, attrs }: Node): boolean =>
  op === 'ReduceMean' &&
  inputs[0]!.rank === 5 &&
  attrs['keepdims'] === 1 &&
  sameInts([...(attrs['axes'] as readonly number[])].sort(), [2, 3, 4]);

/** What a value is the square of. */
function rootOf({ producer }: Value): Value | undefined {
  const [a, b] = producer?.op === 'Mul' ? producer.inputs : [];
  return a === b ? a : undefined;
}

/** The [N, C, H, W] whose channels are in groups here. */
function imageOf({ producer, shapes }: Value): Value | undefined {
  const image = producer?.op === 'Reshape' ? producer.inputs[0]! : undefined;
  const isIt =
    image?.rank === 4 &&
    isFixed(shapes) &&
    isFixed(image.shapes) &&
    shapes[0]![1]! * shapes[0]![2]! === image.shape[1] &&
    sameInts(shapes[0]!.slice(3), image.shape.slice(2));
  return isIt ? image : undefined;
}
