import type { Attribute, Node } from '../graph/graph.js';
import { sameInts } from '../graph/sizes.js';

export type Attributes = Readonly<Record<string, Attribute>>;

/** The attributes of one node in several traces; undefined if they differ in more than the padding of `'same'`. */
export function mergeAttributes(nodes: readonly Node[]): Attributes | undefined {
  const { attrs } = nodes[0]!;
  const differing = Object.keys(attrs).filter((key) =>
    nodes.some((node) => !sameAttribute(attrs[key], node.attrs[key])),
  );
  if (differing.length === 0) return attrs;
  if (differing.join() !== 'pads' || !PADDED.has(nodes[0]!.op) || !nodes.every(isPaddedAsSame))
    return undefined;
  const { pads: _pads, ...rest } = attrs;
  return { ...rest, auto_pad: 'SAME_UPPER' };
}

export const sameAttribute = (a: Attribute | undefined, b: Attribute | undefined): boolean =>
  Array.isArray(a) && Array.isArray(b)
    ? a.length === b.length && a.every((v, i) => Object.is(v, b[i]))
    : Object.is(a, b);

/** The operators that can work out their padding themselves. */
const PADDED = new Set(['Conv', 'MaxPool', 'AveragePool']);

/** Whether the padding is as ONNX's SAME_UPPER has it, as many positions as strides, the odd one at the end. */
function isPaddedAsSame({ inputs, attrs }: Node): boolean {
  const [kernel, strides, dilations, pads] = ['kernel_shape', 'strides', 'dilations', 'pads'].map(
    (name) => attrs[name] as readonly number[],
  ) as [readonly number[], readonly number[], readonly number[], readonly number[]];
  const total = kernel.map((k, i) => {
    const size = inputs[0]!.shape[2 + i]!;
    return Math.max(
      0,
      (Math.ceil(size / strides[i]!) - 1) * strides[i]! + dilations[i]! * (k - 1) + 1 - size,
    );
  });
  return sameInts(pads, [...total.map((t) => Math.floor(t / 2)), ...total.map((t) => Math.ceil(t / 2))]);
}
