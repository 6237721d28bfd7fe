import type { Node, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import { sameSizes } from '../../graph/sizes.js';
import { blockedForm, fits, fromBlocked, toBlocked } from './blocked.js';

/** An elementwise operator does not care in what order the elements are, as long as its operands agree. */
export const elementwise =
  (block: number) =>
  (node: Node, inputs: readonly Value[]): Value[] | undefined => {
    const { output } = node;
    const images = inputs.filter((v) => v.rank > 0);
    const blocked = images.filter(blockedForm);
    if (blocked.length === 0 || 2 * blocked.length < images.length) return undefined;
    if (!images.every((v) => fits(v, block) && sameSizes(v.shapes, output.shapes))) return undefined;
    const operands = inputs.map((v) => (v.rank > 0 ? toBlocked(v) : v));
    return [fromBlocked(g.emit(node.op, operands, output, { ...node.attrs }))];
  };
