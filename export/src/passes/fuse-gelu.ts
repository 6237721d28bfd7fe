import { type Graph, type Node, type Value } from '../graph/graph.js';
import * as g from '../graph/ops.js';
import { closedNodes, isNumber, operandsOf } from './match.js';
import { bothWays, rewrite } from './rewrite.js';

/** ONNX has had Gelu since. */
export const GELU_OPSET = 20;

/**
 * One Gelu in place of x (1 + erf(x / sqrt(2))) / 2, and of its approximation by
 * x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, however the factors are multiplied.
 */
export function fuseGelu(graph: Graph): Graph {
  const isClosed = closedNodes(graph);
  return rewrite(graph, (node, _, current) => {
    if (node.op !== 'Mul' || node.output.dtype !== 'float32') return undefined;
    const found = match(node);
    if (!found || !isClosed([...found.nodes, node], node.outputs)) return undefined;
    const x = current(found.x);
    return [g.emit('Gelu', [x], x, { approximate: found.approximate })];
  });
}

interface Found {
  readonly x: Value;
  readonly approximate: 'none' | 'tanh';
  readonly nodes: readonly Node[];
}

/** A product as its factors and the operators that multiply them. */
interface Product {
  readonly factors: readonly Value[];
  readonly nodes: readonly Node[];
}

/** How many products deep the factors of one are looked for: no Gelu has more, and squares of squares double each time. */
const DEEPEST = 4;

function productOf(value: Value, depth = DEEPEST): Product {
  const node = value.producer;
  if (node?.op !== 'Mul' || depth === 0) return { factors: [value], nodes: [] };
  const parts = node.inputs.map((input) => productOf(input, depth - 1));
  return { factors: parts.flatMap((p) => p.factors), nodes: [...parts.flatMap((p) => p.nodes), node] };
}

/** `value` as `number` and other factors. */
function without(number: number, { factors, nodes }: Product): Product | undefined {
  const at = factors.findIndex((v) => isNumber(v, number));
  return at < 0 ? undefined : { factors: factors.filter((_, i) => i !== at), nodes };
}

function match({ output }: Node): Found | undefined {
  // The last of its operators is that of the node itself.
  const whole = productOf(output);
  const half = without(0.5, { factors: whole.factors, nodes: whole.nodes.slice(0, -1) });
  if (half?.factors.length !== 2) return undefined;
  for (const [x, sum] of bothWays(half.factors))
    for (const [one, curve] of bothWays(operandsOf(sum, 'Add'))) {
      if (!isNumber(one, 1)) continue;
      const inner = matchErf(x, curve) ?? matchTanh(x, curve);
      if (inner)
        return { x, ...inner, nodes: [...half.nodes, sum.producer!, curve.producer!, ...inner.nodes] };
    }
  return undefined;
}

type Inner = Omit<Found, 'x'>;

function matchErf(x: Value, value: Value): Inner | undefined {
  const [argument] = operandsOf(value, 'Erf');
  if (!argument) return undefined;
  const [numerator, root] = operandsOf(argument, 'Div');
  if (numerator === x && isNumber(root, Math.SQRT2))
    return { approximate: 'none', nodes: [argument.producer!] };
  const rest = without(Math.SQRT1_2, productOf(argument));
  return rest?.factors.length === 1 && rest.factors[0] === x
    ? { approximate: 'none', nodes: rest.nodes }
    : undefined;
}

function matchTanh(x: Value, value: Value): Inner | undefined {
  const [argument] = operandsOf(value, 'Tanh');
  const rest = argument && without(Math.sqrt(2 / Math.PI), productOf(argument));
  if (rest?.factors.length !== 1) return undefined;
  const [sum] = rest.factors as [Value];
  for (const [linear, cubic] of bothWays(operandsOf(sum, 'Add'))) {
    const cube = linear === x ? without(0.044715, productOf(cubic)) : undefined;
    const power = cube && matchCube(x, cube);
    if (power) return { approximate: 'tanh', nodes: [...rest.nodes, sum.producer!, ...power] };
  }
  return undefined;
}

/** The operators of x x x, or of x^3. */
function matchCube(x: Value, { factors, nodes }: Product): readonly Node[] | undefined {
  if (factors.length === 3) return factors.every((v) => v === x) ? nodes : undefined;
  const [base, exponent] = factors.length === 1 ? operandsOf(factors[0], 'Pow') : [];
  return base === x && isNumber(exponent, 3) ? [...nodes, factors[0]!.producer!] : undefined;
}
