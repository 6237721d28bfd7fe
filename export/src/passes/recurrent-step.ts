import type { Node, Value } from '../graph/graph.js';
import { isNumber, operandsOf } from './match.js';
import { bothWays } from './rewrite.js';

/** The activations that the recurrent operators of every provider have: that of WebGPU has no HardSigmoid. */
const ACTIVATIONS = ['Sigmoid', 'Tanh', 'Relu'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** One step of a recurrent layer, as tfjs's layers take it. */
export interface Step {
  readonly cell: 'LSTM' | 'GRU';
  /** The state after the step, [batch, units]; c is an LSTM's alone. */
  readonly h: Value;
  readonly c?: Value;
  readonly before: { readonly h: Value; readonly c?: Value };
  readonly x: Value;
  /** Weights by gate, side by side, in the order of tfjs: those of x, those of h, and the sums of biases. */
  readonly kernel: Value;
  readonly recurrent: readonly Value[];
  readonly biases: readonly Value[];
  /** Those of the gates, of what enters the state and, of an LSTM, of what leaves it. */
  readonly activations: readonly Activation[];
  readonly nodes: readonly Node[];
}

/** Whether a value is 0 all over, by what it is made of. */
export function isZero(value: Value): boolean {
  if (value.data) return value.data.every((v: number | bigint) => Number(v) === 0);
  const { op, inputs } = value.producer ?? {};
  return op !== undefined && KEEPS_ZERO.has(op) && isZero(inputs![0]!);
}

const KEEPS_ZERO: ReadonlySet<string> = new Set(['Expand', 'Reshape', 'Tile', 'ReduceSum', 'Transpose']);

/** Collects the operators that a match goes through. */
class Walk {
  readonly nodes: Node[] = [];

  /** The operands of an operator of this kind, behind a reshape that keeps rows whole. */
  operands(value: Value | undefined, op: string): readonly Value[] {
    const inner = this.whole(value);
    const operands = operandsOf(inner, op);
    if (operands.length > 0) this.nodes.push(inner!.producer!);
    return operands;
  }

  /** A value before reshapes that keep its rows whole. */
  whole(value: Value | undefined): Value | undefined {
    const [source] = operandsOf(value, 'Reshape');
    if (!source || !value!.shapes.every((s, w) => s.at(-1) === source.shapes[w]!.at(-1))) return value;
    this.nodes.push(value!.producer!);
    return this.whole(source);
  }

  /** An activation, and what it is of. */
  activated(value: Value | undefined): { readonly of: Value; readonly by: Activation } | undefined {
    for (const by of ACTIVATIONS) {
      const [of] = this.operands(value, by);
      if (of) return { of, by };
    }
    return undefined;
  }

  /** The terms of a sum. */
  terms(value: Value | undefined): readonly Value[] {
    const operands = this.operands(value, 'Add');
    if (operands.length === 0) return value ? [value] : [];
    return operands.flatMap((v) => this.terms(v));
  }

  /** Which part of which value a split gives. */
  part(
    value: Value | undefined,
  ): { readonly of: Value; readonly index: number; readonly count: number } | undefined {
    const part = this.whole(value);
    const node = part?.producer;
    if (node?.op !== 'Split' || node.attrs['axis'] !== node.output.rank - 1) return undefined;
    this.nodes.push(node);
    return { of: node.inputs[0]!, index: node.outputs.indexOf(part!), count: node.outputs.length };
  }
}

/** The product of what is split over time, the product of the state, and biases, of which a sum is. */
function projections(
  walk: Walk,
  terms: readonly Value[],
): { x: Value; kernel: Value; state?: Value; recurrent?: Value; biases: Value[] } | undefined {
  const found: { x?: Value; kernel?: Value; state?: Value; recurrent?: Value; biases: Value[] } = {
    biases: [],
  };
  for (const term of terms) {
    const [rows, weights] = walk.operands(term, 'MatMul');
    if (!rows) found.biases.push(term);
    else {
      const source = walk.whole(rows)!;
      if (source.producer?.op === 'Split') [found.x, found.kernel] = [source, weights!];
      else [found.state, found.recurrent] = [source, weights!];
    }
  }
  const { x, kernel } = found;
  const areVectors = found.biases.every((v) => v.shapes.every((s) => s.slice(0, -1).every((d) => d === 1)));
  return x && kernel && areVectors ? { ...found, x, kernel } : undefined;
}

/** h = o act(c), c = f c_before + i act(g), the gates i, f, g and o being split from W x + U h_before + b. */
export function matchLstm(node: Node): Step | undefined {
  if (node.op !== 'Mul') return undefined;
  for (const [out, curve] of bothWays(node.inputs)) {
    const walk = new Walk();
    const leaves = walk.activated(curve);
    const gate = leaves && walk.activated(out);
    const o = gate && walk.part(gate.of);
    const sum = o?.index === 3 && o.count === 4 ? walk.operands(leaves!.of, 'Add') : [];
    for (const [kept, added] of bothWays(sum)) {
      const step = matchCell(new Walk(), kept, added, o!.of);
      if (!step || gate!.by !== step.gate) continue;
      const { before, projected, nodes, gate: by, enters } = step;
      return {
        cell: 'LSTM',
        h: node.output,
        c: leaves!.of,
        before: { h: projected.state!, c: before },
        x: projected.x,
        kernel: projected.kernel,
        recurrent: [projected.recurrent!],
        biases: projected.biases,
        activations: [by, enters, leaves!.by],
        nodes: [...walk.nodes, ...nodes, node],
      };
    }
  }
  return undefined;
}

function matchCell(walk: Walk, kept: Value, added: Value, gates: Value) {
  const factors = walk.operands(kept, 'Mul');
  const entering = walk.operands(added, 'Mul');
  for (const [forget, before] of bothWays(factors))
    for (const [input, candidate] of bothWays(entering)) {
      const [f, i, g] = [forget, input, candidate].map((v) => walk.activated(v));
      if (!f || !i || !g || f.by !== i.by) continue;
      const parts = [i, f, g].map(({ of }) => walk.part(of));
      if (!parts.every((part, k) => part?.of === gates && part.index === k)) continue;
      const projected = projections(walk, walk.terms(gates));
      if (!projected?.state) return undefined;
      return { before, projected, gate: f.by, enters: g.by, nodes: walk.nodes };
    }
  return undefined;
}

/**
 * h = z h_before + (1 - z) act(x_h + U_h (r h_before)), with the gates z = act(x_z + u_z) and r = act(x_r + u_r); the x are
 * split from W x + b, the u from U h_before.
 */
export function matchGru(node: Node): Step | undefined {
  if (node.op !== 'Add') return undefined;
  for (const [kept, added] of bothWays(node.inputs))
    for (const [update, before] of bothWays(operandsOf(kept, 'Mul'))) {
      const walk = new Walk();
      walk.nodes.push(node);
      walk.operands(kept, 'Mul');
      const z = walk.activated(update);
      const candidate = z && matchComplement(walk, added, update);
      const enters = candidate && walk.activated(candidate);
      const step = enters && matchGates(walk, z, enters.of, before);
      if (!step) continue;
      return { cell: 'GRU', h: node.output, ...step, activations: [z.by, enters.by], nodes: walk.nodes };
    }
  return undefined;
}

/** What 1 - z is multiplied by. */
function matchComplement(walk: Walk, value: Value, z: Value): Value | undefined {
  for (const [complement, candidate] of bothWays(walk.operands(value, 'Mul'))) {
    const [one, less] = operandsOf(complement, 'Sub');
    const isDifference = isNumber(one, 1) && less === z;
    const isSum = bothWays(operandsOf(complement, 'Add')).some(
      ([a, b]) => isNumber(a, 1) && operandsOf(b, 'Neg')[0] === z,
    );
    if (!isDifference && !isSum) continue;
    walk.nodes.push(complement.producer!);
    if (isSum) complement.producer!.inputs.forEach((v) => walk.operands(v, 'Neg'));
    return candidate;
  }
  return undefined;
}

function matchGates(walk: Walk, z: { of: Value; by: Activation }, sum: Value, before: Value) {
  for (const [own, product] of bothWays(walk.operands(sum, 'Add'))) {
    const [remembered, candidate] = walk.operands(product, 'MatMul');
    const reset = bothWays(walk.operands(remembered, 'Mul')).find(([, state]) => state === before)?.[0];
    const r = reset && walk.activated(reset);
    const xh = walk.part(own);
    if (!r || r.by !== z.by || xh?.index !== 2 || xh.count !== 3) continue;
    const [first, second] = [z, r].map(({ of }, index) => {
      for (const [x, u] of bothWays(walk.operands(of, 'Add'))) {
        const [px, pu] = [walk.part(x), walk.part(u)];
        if (px?.of === xh.of && px.index === index && pu?.index === index && pu.count === 2) return pu.of;
      }
      return undefined;
    });
    const [rows, gates] = first === second ? walk.operands(first, 'MatMul') : [];
    const state = rows && walk.whole(rows);
    const projected = projections(walk, walk.terms(xh.of));
    if (!state || !projected || projected.state) continue;
    // The state before the first step may be one 0, spread for the product.
    if (state !== before && !(isZero(state) && isZero(before))) continue;
    const { x, kernel, biases } = projected;
    return { before: { h: state }, x, kernel, biases, recurrent: [gates!, candidate!] };
  }
  return undefined;
}
