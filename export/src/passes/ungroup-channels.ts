import type { Graph, Node, Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { mapSizes, sameSizes, type Sizes } from '../graph/sizes.js';
import { ELEMENTWISE } from './elementwise.js';
import { rewrite } from './rewrite.js';

/**
 * A group norm sees its channels in groups, [N, G, C/G, H, W], and all around it sees [N, C, H, W]. Moves the grouping
 * behind elementwise operators and off what sums over the image, so that every large tensor is [N, C, H, W] and only
 * small ones, of a number a channel, are grouped.
 */
export function ungroupChannels(graph: Graph): Graph {
  return rewrite(graph, (node, inputs) => {
    if (ELEMENTWISE.has(node.op)) return ungroupElementwise(node, inputs);
    return isSum(node) ? ungroupSum(node, inputs[0]!) : undefined;
  });
}

const isSum = (node: Node): boolean => node.op === 'ReduceSum' || node.op === 'ReduceMean';

/** What was grouped: the [N, C, H, W] behind a reshape to [N, G, C/G, H, W]. */
function ungrouped(value: Value): Value | undefined {
  const node = value.producer;
  if (node?.op !== 'Reshape') return undefined;
  const [source] = node.inputs as [Value];
  const splits = (s: readonly number[], w: number) => {
    const [n, groups, each, height, width] = value.shapes[w]!;
    return s[0] === n && s[1] === groups! * each! && s[2] === height && s[3] === width;
  };
  return source.rank === 4 && value.rank === 5 && source.shapes.every(splits) ? source : undefined;
}

function ungroupElementwise(node: Node, inputs: readonly Value[]): Value[] | undefined {
  const { dtype, shapes } = node.output;
  const lead = inputs.find((v) => sameSizes(v.shapes, shapes) && ungrouped(v));
  if (!lead) return undefined;
  const image = ungrouped(lead)!.shapes;
  const result = g.emit(
    node.op,
    inputs.map((v) => besideImage(v, shapes)),
    { dtype, shapes: image },
    node.attrs,
  );
  return [g.reshape(result, shapes)];
}

/** An operand that broadcasts to `shapes`, [N, G, C/G, H, W], as one that broadcasts to [N, C, H, W]. */
function besideImage(value: Value, shapes: Sizes): Value {
  if (value.rank === 0) return value;
  const full = g.reshape(
    value,
    mapSizes(value.shapes, (s) => [...new Array<number>(5 - s.length).fill(1), ...s]),
  );
  const one = full.shapes.every((s) => s[1] === 1 && s[2] === 1);
  const spread = one
    ? full
    : g.expand(
        full,
        mapSizes(full.shapes, (s, w) => [s[0]!, shapes[w]![1]!, shapes[w]![2]!, s[3]!, s[4]!]),
      );
  return g.reshape(
    spread,
    mapSizes(spread.shapes, ([n, groups, each, height, width]) => [n!, groups! * each!, height!, width!]),
  );
}

function ungroupSum(node: Node, input: Value): Value[] | undefined {
  const source = ungrouped(input);
  const axes = node.attrs['axes'] as readonly number[];
  if (!source || !axes.includes(3) || !axes.includes(4)) return undefined;
  const perChannel = g.reduce(node.op, source, [2, 3], true);
  const grouped = g.reshape(
    perChannel,
    mapSizes(input.shapes, (s) => [...s.slice(0, 3), 1, 1]),
  );
  const rest = axes.filter((axis) => axis < 3);
  return [g.reshape(g.reduce(node.op, grouped, rest, true), node.output.shapes)];
}
