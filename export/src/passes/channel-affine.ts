import type { Graph, Node, Value } from '../graph/graph.js';
import { channelAffine, groupVariance, type ChannelTerm } from '../graph/operators.js';
import * as g from '../graph/ops.js';
import { isFixed, product, sameSizes } from '../graph/sizes.js';
import { rewrite } from './rewrite.js';

/** A sum of terms and of a number a channel: what an image is, worked out from others that are there anyway. */
interface Affine {
  readonly terms: readonly ChannelTerm[];
  readonly offset?: Value;
}

/** A sum of more images is computed step by step. */
const MOST_TERMS = 2;

/**
 * Treats images [N, C, H, W] that are others times a number a channel plus a number a channel as what they are. Such
 * an image is computed only where an operator reads it that is not of this kind, in one go from the images behind it;
 * and sums over it, or over its product with another, are worked out from sums over those. A group norm, forward and
 * backward, then goes over its image thirteen times in place of nineteen.
 */
export function combineChannelAffine(graph: Graph): Graph {
  const consumers = consumersOf(graph);
  const isNeeded = (value: Value) =>
    consumers.get(value) === undefined ||
    consumers.get(value)!.some((node) => node === 'output' || !isTransparent(node, consumers));
  const affines = new Map<Value, Affine>();
  const affineOf = (value: Value): Affine => affines.get(value) ?? { terms: [{ base: value }] };
  /** What an image that is computed after all was computed from: good enough for its sum. */
  const definitions = new Map<Value, Affine>();
  const products = new Map<Value, readonly [Affine, Affine]>();

  return rewrite(graph, (node, inputs) => {
    if (isLinear(node)) {
      const combined = combine(node, inputs, affineOf);
      if (!combined) return undefined;
      const needed = isNeeded(node.output);
      if (needed && !inputs.some((v) => affines.has(v) || (v.rank === 4 && isPerChannel(v)))) {
        // Of scalars alone: a plain operator is as good.
        const [value] = node.withInputs(inputs).outputs as [Value];
        definitions.set(value, combined);
        return [value];
      }
      const value = channelAffine(combined.terms, combined.offset);
      (needed ? definitions : affines).set(value, combined);
      return [value];
    }
    if (isProduct(node, consumers)) {
      const [a, b] = inputs.map(affineOf) as [Affine, Affine];
      // The product of each two is a pass over an image.
      if (a.terms.length * b.terms.length > MOST_TERMS) return undefined;
      const value = g.mul(inputs[0]!, inputs[1]!);
      products.set(value, [a, b]);
      return [value];
    }
    if (isSum(node)) {
      const [x] = inputs as [Value];
      const over = summation(node.op, x, definitions);
      const factors = products.get(x);
      return [overSamples(node, factors ? sumOfProduct(...factors, over) : sum(affineOf(x), over))];
    }
    if (isVariance(node)) {
      const { terms, offset } = affineOf(inputs[0]!);
      const [{ base, factor }] = terms as [ChannelTerm];
      if (terms.length > 1 || factor) return undefined;
      return [groupVariance(base, node.attrs['groups'] as number, offset)];
    }
    return undefined;
  });
}

/** Who reads each value; 'output' stands for the caller of the graph. */
function consumersOf(graph: Graph): Map<Value, (Node | 'output')[]> {
  const consumers = new Map<Value, (Node | 'output')[]>();
  const add = (value: Value, by: Node | 'output') =>
    consumers.set(value, [...(consumers.get(value) ?? []), by]);
  for (const node of graph.nodes) for (const input of node.inputs) add(input, node);
  for (const { value } of graph.outputs) add(value, 'output');
  return consumers;
}

const isImage = ({ dtype, shapes, rank, shape }: Value): boolean =>
  dtype === 'float32' && rank === 4 && isFixed(shapes.map((s) => s.slice(2))) && product(shape.slice(2)) > 1;

const isPerChannel = ({ rank, shapes }: Value): boolean =>
  rank === 0 || (rank === 4 && shapes.every((s) => s[2] === 1 && s[3] === 1));

/** Whether a node scales, shifts or adds images, without spreading one over more samples or channels. */
function isLinear(node: Node): boolean {
  const { op, inputs, output } = node;
  if (!isImage(output)) return false;
  const whole = inputs.map((v) => isImage(v) && sameSizes(v.shapes, output.shapes));
  const fits = inputs.every((v, i) => whole[i] || isPerChannel(v));
  switch (op) {
    case 'Add':
    case 'Sub':
      return fits && whole.some(Boolean);
    case 'Mul':
      return fits && whole.filter(Boolean).length === 1;
    case 'Div':
      return fits && whole[0]! && !whole[1];
    case 'Neg':
      return whole[0]!;
    default:
      return false;
  }
}

/** Whether a node sums over whole images, whatever else it sums over. */
function isSum({ op, inputs, attrs }: Node): boolean {
  if ((op !== 'ReduceSum' && op !== 'ReduceMean') || !isImage(inputs[0]!)) return false;
  const axes = attrs['axes'] as readonly number[];
  return axes.includes(2) && axes.includes(3);
}

const isVariance = ({ op }: Node): boolean => op === 'GroupVariance';

/** Whether a node multiplies two images for the sake of sums over the product alone. A square stays: it cannot cancel. */
function isProduct(
  { op, inputs, output }: Node,
  consumers: ReadonlyMap<Value, (Node | 'output')[]>,
): boolean {
  return (
    op === 'Mul' &&
    inputs[0] !== inputs[1] &&
    inputs.every((v) => isImage(v) && sameSizes(v.shapes, output.shapes)) &&
    (consumers.get(output) ?? []).every((node) => node !== 'output' && isSum(node))
  );
}

/** Whether a node can do with the images behind its operands. */
const isTransparent = (node: Node, consumers: ReadonlyMap<Value, (Node | 'output')[]>): boolean =>
  isLinear(node) || isSum(node) || isVariance(node) || isProduct(node, consumers);

function combine(node: Node, inputs: readonly Value[], affineOf: (v: Value) => Affine): Affine | undefined {
  const [a, b] = inputs as [Value, Value];
  switch (node.op) {
    case 'Neg':
      return scale(affineOf(a), g.scalar(-1, a));
    case 'Mul':
      return isPerChannel(b) ? scale(affineOf(a), b) : scale(affineOf(b), a);
    case 'Div':
      return scale(affineOf(a), g.unary('Reciprocal', b));
    case 'Add':
      return add(part(a, affineOf), part(b, affineOf));
    default:
      return add(part(a, affineOf), scale(part(b, affineOf), g.scalar(-1, b)));
  }
}

const part = (value: Value, affineOf: (v: Value) => Affine): Affine =>
  isPerChannel(value) ? { terms: [], offset: value } : affineOf(value);

const times = (a: Value | undefined, b: Value | undefined): Value | undefined =>
  a && b ? g.mul(a, b) : (a ?? b);
const plus = (a: Value | undefined, b: Value | undefined): Value | undefined =>
  a && b ? g.add(a, b) : (a ?? b);
const affine = (terms: readonly ChannelTerm[], offset: Value | undefined): Affine => ({
  terms,
  ...(offset && { offset }),
});

const scale = ({ terms, offset }: Affine, by: Value): Affine =>
  affine(
    terms.map(({ base, factor }) => ({ base, factor: times(factor, by)! })),
    offset && g.mul(offset, by),
  );

/** Undefined where the sum is better computed: of too many images, or of two as they are, which costs one pass. */
function add(a: Affine, b: Affine): Affine | undefined {
  const terms = [...a.terms];
  for (const { base, factor } of b.terms) {
    const at = terms.findIndex((term) => term.base === base);
    if (at < 0) terms.push(factor ? { base, factor } : { base });
    else {
      const one = g.scalar(1, base);
      terms[at] = { base, factor: g.add(terms[at]!.factor ?? one, factor ?? one) };
    }
  }
  const plain = terms.length > 1 && terms.every(({ factor }) => factor === undefined);
  return terms.length > MOST_TERMS || plain ? undefined : affine(terms, plus(a.offset, b.offset));
}

/** How numbers are summed over an image: what an image gives, and what a number does that is the same all over it. */
interface Summation {
  of(image: Value): Value;
  ofConstant(number: Value): Value;
}

function summation(op: string, like: Value, definitions: ReadonlyMap<Value, Affine>): Summation {
  const over: Summation = {
    of(image) {
      const definition = definitions.get(image);
      return definition ? sum(definition, over) : g.reduce(op, image, [2, 3], true);
    },
    ofConstant: (number) =>
      op === 'ReduceMean' ? number : g.mul(number, g.scalar(product(like.shape.slice(2)), like)),
  };
  return over;
}

/** The sums over each image, [N, C, 1, 1]. */
const sum = ({ terms, offset }: Affine, over: Summation): Value =>
  terms
    .map(({ base, factor }) => times(over.of(base), factor)!)
    .reduceRight<Value | undefined>((rest, term) => plus(term, rest), offset && over.ofConstant(offset))!;

const sumOfProduct = (a: Affine, b: Affine, over: Summation): Value => {
  const parts: Value[] = [];
  for (const s of a.terms)
    for (const t of b.terms) parts.push(times(over.of(g.mul(s.base, t.base)), times(s.factor, t.factor))!);
  if (a.offset)
    for (const { base, factor } of b.terms) parts.push(times(over.of(base), times(factor, a.offset))!);
  if (b.offset)
    for (const { base, factor } of a.terms) parts.push(times(over.of(base), times(factor, b.offset))!);
  if (a.offset && b.offset) parts.push(over.ofConstant(g.mul(a.offset, b.offset)));
  return parts.reduce((sum, part) => g.add(sum, part));
};

/** What is left of a sum over images: the sum over samples and channels. */
function overSamples(node: Node, perChannel: Value): Value {
  const axes = (node.attrs['axes'] as readonly number[]).filter((axis) => axis < 2);
  return g.reshape(g.reduce(node.op, perChannel, axes, true), node.output.shapes);
}
