import type { Node, Value } from '../../graph/graph.js';
import * as g from '../../graph/ops.js';
import type { Resizing } from '../../graph/operators.js';
import { fixedSize } from './fixed-size.js';

const resizingOf = (node: Node): Resizing => node.attrs as unknown as Resizing;

/** ONNX's name for the way tfjs maps an output pixel to an input one. */
const coordinates = ({ alignCorners, halfPixelCenters }: Resizing): string =>
  alignCorners ? 'align_corners' : halfPixelCenters ? 'half_pixel' : 'asymmetric';

export function resizeSpatial(node: Node, [x]: Value[]): Value[] {
  const how = resizingOf(node);
  const [scale, ...others] = node.output.shapes.map((s, w) =>
    s.map((d, i) => (i < 2 ? 1 : d / x!.shapes[w]![i]!)),
  ) as [number[], ...number[][]];
  // By sizes where a scale is not exact; by scales otherwise, which needs no arithmetic where sizes are symbolic.
  const exact = scale.every((s, i) => Number.isInteger(s) && others.every((o) => o[i] === s));
  const attrs = {
    mode: how.mode,
    coordinate_transformation_mode: coordinates(how),
    // tfjs floors (i + 1/2) * scale with half-pixel centres, which is ONNX's coordinate plus 1/2; and it rounds half
    // up when corners are aligned.
    nearest_mode: how.alignCorners || how.halfPixelCenters ? 'round_prefer_ceil' : 'floor',
  };
  const output = { dtype: x!.dtype, shapes: node.output.shapes };
  return [
    exact && !how.alignCorners
      ? g.emit('Resize', [x!], output, { ...attrs, scales: scale })
      : g.emit('Resize', [x!], output, attrs, { sizes: node.output.shapes }),
  ];
}

/**
 * A resize is linear and separable, so its gradient is two products with the transposed interpolation matrices:
 * dx = R_h' dy R_w.
 */
export function resizeSpatialGradient(node: Node, [dy]: Value[]): Value[] {
  const how = resizingOf(node);
  const [height, width] = fixedSize(node.output, node) as [number, number];
  const [outHeight, outWidth] = fixedSize(dy!, node) as [number, number];
  const factor = [outHeight / height, outWidth / width] as const;
  if (how.mode === 'nearest' && !how.alignCorners && factor.every(Number.isInteger)) {
    return [blockSums(dy!, node, factor)];
  }
  const witnesses = dy!.shapes.length;
  const rows = g.constant('float32', [height, outHeight], interpolation(height, outHeight, how), witnesses);
  const columns = g.transpose(
    g.constant('float32', [width, outWidth], interpolation(width, outWidth, how), witnesses),
    [1, 0],
  );
  return [g.matMul(rows, g.matMul(dy!, columns))];
}

/** Nearest neighbours at a whole factor: every input pixel was copied to one block. */
function blockSums(dy: Value, node: Node, factor: readonly [number, number]): Value {
  const pooled = g.emit(
    'AveragePool',
    [dy],
    { dtype: dy.dtype, shapes: node.output.shapes },
    { kernel_shape: [...factor], strides: [...factor], pads: [0, 0, 0, 0], dilations: [1, 1] },
  );
  return g.mul(pooled, g.scalar(factor[0] * factor[1], pooled));
}

/** The matrix [input, output] whose column o holds the weight of every input pixel in output pixel o. */
function interpolation(
  input: number,
  output: number,
  { mode, alignCorners, halfPixelCenters }: Resizing,
): number[] {
  const matrix = new Array<number>(input * output).fill(0);
  const scale = alignCorners && output > 1 ? (input - 1) / (output - 1) : input / output;
  for (let o = 0; o < output; o++) {
    const at = halfPixelCenters ? (o + 0.5) * scale : o * scale;
    if (mode === 'nearest') {
      const nearest = alignCorners ? Math.round(at) : Math.floor(at);
      matrix[Math.min(input - 1, nearest) * output + o]! += 1;
    } else {
      const position = Math.max(0, halfPixelCenters ? at - 0.5 : at);
      const low = Math.min(input - 1, Math.floor(position));
      const high = Math.min(input - 1, low + 1);
      matrix[low * output + o]! += 1 - (position - low);
      matrix[high * output + o]! += position - low;
    }
  }
  return matrix;
}
