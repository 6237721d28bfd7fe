import { countUses, type Graph, type Node, type Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { closedNodes, numberOf, operandsOf } from './match.js';
import { bothWays, rewrite } from './rewrite.js';

/**
 * One LayerNormalization over the last axis, in place of (x - mean) / sqrt(variance + epsilon) and of what batch norms
 * make of it, x k + (offset - mean k) with k = scale / sqrt(variance + epsilon); then takes in the scale and the offset
 * behind it.
 */
export function fuseLayerNorm(graph: Graph): Graph {
  const uses = countUses(graph);
  const isClosed = closedNodes(graph);
  return rewrite(graph, (node, inputs, current) => {
    const found = matchStandardised(node) ?? matchBatchNorm(node);
    if (found && isClosed([...found.nodes, node], node.outputs)) return layerNorm(found, current);
    for (const [i, k] of bothWays([0, 1])) {
      const norm = inputs[i]?.producer;
      const by = inputs[k];
      if (norm?.op !== 'LayerNormalization' || !by || uses.get(node.inputs[i]!) !== 1) continue;
      const [x, scale, offset] = norm.inputs as [Value, Value, Value | undefined];
      const vector = asVector(by, x);
      if (!vector) continue;
      const again = (...operands: Value[]) => [
        g.emit('LayerNormalization', [x, ...operands], norm.output, norm.attrs),
      ];
      if (node.op === 'Add') return again(scale, offset ? g.add(offset, vector) : vector);
      if (node.op === 'Mul' && !offset) return again(g.mul(scale, vector));
    }
    return undefined;
  });
}

interface Norm {
  readonly x: Value;
  readonly epsilon: number;
  readonly scale?: Value;
  readonly offset?: Value;
  /** What the norm was made of, but for its last operator. */
  readonly nodes: readonly Node[];
}

function layerNorm({ x, epsilon, scale, offset }: Norm, current: (v: Value) => Value): Value[] | undefined {
  const width = x.shape.at(-1)!;
  if (Number.isNaN(width)) return undefined;
  const ones = () => g.constant('float32', [width], new Float32Array(width).fill(1), x.shapes.length);
  const vectors = [scale ? asVector(current(scale), x) : ones()];
  if (offset) vectors.push(asVector(current(offset), x));
  if (vectors.some((v) => v === undefined)) return undefined;
  const operands = [current(x), ...(vectors as Value[])];
  return [g.emit('LayerNormalization', operands, x, { axis: -1, epsilon })];
}

/** What is broadcast along the last axis of x alone, as a vector. */
function asVector(value: Value, x: Value): Value | undefined {
  const width = x.shape.at(-1)!;
  const fits = value.shapes.every(
    (s) => s.length <= x.rank && s.every((d, i) => d === (i === s.length - 1 ? width : 1)),
  );
  if (value.rank === 0 || !fits) return undefined;
  return g.reshape(value, g.repeat([width], value.shapes.length));
}

interface Deviation {
  readonly x: Value;
  readonly centred: Value;
  readonly mean: Value;
  readonly epsilon: number;
  readonly nodes: readonly Node[];
}

/** sqrt(mean((x - mean(x))^2) + epsilon), means being over the last axis. */
function matchDeviation(value: Value | undefined): Deviation | undefined {
  const [sum] = operandsOf(value, 'Sqrt');
  for (const [variance, number] of bothWays(operandsOf(sum, 'Add'))) {
    const epsilon = numberOf(number);
    const [square] = epsilon === undefined ? [] : meanOf(variance);
    const [centred, again] = operandsOf(square, 'Mul');
    const [x, mean] = centred === again ? operandsOf(centred, 'Sub') : [];
    if (!x || x.dtype !== 'float32' || meanOf(mean)[0] !== x) continue;
    const nodes = [value, sum, variance, square, centred, mean].map((v) => v!.producer!);
    return { x, centred: centred!, mean: mean!, epsilon: epsilon!, nodes };
  }
  return undefined;
}

/** What a mean over the last axis, which is kept, is of. */
function meanOf(value: Value | undefined): readonly Value[] {
  const node = value?.producer;
  const [x] = operandsOf(value, 'ReduceMean');
  const axes = node?.attrs['axes'] as readonly number[] | undefined;
  return x && axes?.length === 1 && axes[0] === x.rank - 1 && node!.attrs['keepdims'] === 1 ? [x] : [];
}

/** 1 / s, or a numerator over s. */
function matchQuotient(value: Value | undefined): (Deviation & { readonly numerator?: Value }) | undefined {
  const [reciprocal] = operandsOf(value, 'Reciprocal');
  const [numerator, denominator] = operandsOf(value, 'Div');
  const found = matchDeviation(reciprocal ?? denominator);
  if (!found) return undefined;
  const nodes = [...found.nodes, value!.producer!];
  return { ...found, nodes, ...(numerator && numberOf(numerator) !== 1 && { numerator }) };
}

function matchStandardised({ op, inputs }: Node): Norm | undefined {
  if (op === 'Div') {
    const found = matchDeviation(inputs[1]);
    return found?.centred === inputs[0] ? found : undefined;
  }
  if (op !== 'Mul') return undefined;
  for (const [centred, factor] of bothWays(inputs)) {
    const found = matchQuotient(factor);
    if (found?.centred === centred) return withScale(found);
  }
  return undefined;
}

const withScale = ({ x, epsilon, nodes, numerator }: Deviation & { readonly numerator?: Value }): Norm => ({
  x,
  epsilon,
  nodes,
  ...(numerator && { scale: numerator }),
});

function matchBatchNorm({ op, inputs }: Node): Norm | undefined {
  if (op !== 'Add') return undefined;
  for (const [scaled, shift] of bothWays(inputs))
    for (const [x, factor] of bothWays(operandsOf(scaled, 'Mul'))) {
      const found = matchQuotient(factor);
      if (!found || found.x !== x) continue;
      const [offset, moved] = operandsOf(shift, 'Sub');
      const product = moved ?? operandsOf(shift, 'Neg')[0];
      const isMeans = bothWays(operandsOf(product, 'Mul')).some(([a, b]) => a === found.mean && b === factor);
      if (!isMeans) continue;
      const nodes = [...found.nodes, ...[scaled, shift, product!].map((v) => v.producer!)];
      return { ...withScale(found), nodes, ...(offset && { offset }) };
    }
  return undefined;
}
