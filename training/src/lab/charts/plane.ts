import type { Plot } from '../../plots/render.js';
import { base } from './base.js';

/** Values at the midpoints of n x n cells of a square of the plane, row-major with x outermost. */
export interface PlaneValues {
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly values: ArrayLike<number>;
}

/** Vectors at the midpoints of such cells, [n, n, 2]. */
export type PlaneVectors = PlaneValues;

/** One square of the plane: shades, arrows on them, points on those; each may be left out. */
export interface Panel {
  readonly title: string;
  readonly shades?: PlaneValues & { readonly name: string; readonly scheme?: string };
  readonly arrows?: PlaneVectors;
  /** [count, 2]. */
  readonly points?: ArrayLike<number>;
  /** What is seen of the plane, where neither shades nor arrows say. */
  readonly frame?: { readonly low: number; readonly high: number };
}

/** Of a panel. Where it is a multiple of n, shades have no seams. */
const SIDE = 240;
/** An arrow's largest length, as a share of its cell. */
const LONGEST = 1.1;

const cell = ({ low, high, n }: PlaneValues, i: number) => low + ((high - low) * (i + 0.5)) / n;

function shades({ name, scheme = 'viridis', ...plane }: NonNullable<Panel['shades']>) {
  const half = (plane.high - plane.low) / plane.n / 2;
  const values = Array.from(plane.values, (value, e) => {
    const [x, y] = [cell(plane, Math.floor(e / plane.n)), cell(plane, e % plane.n)];
    return { x: x - half, x2: x + half, y: y - half, y2: y + half, value };
  });
  const axis = (field: 'x' | 'y') => ({
    field,
    type: 'quantitative' as const,
    title: field === 'x' ? 'x1' : 'x2',
    scale: { domain: [plane.low, plane.high], nice: false },
  });
  return {
    data: { values },
    mark: { type: 'rect' as const, clip: true },
    encoding: {
      x: axis('x'),
      x2: { field: 'x2' },
      y: axis('y'),
      y2: { field: 'y2' },
      color: { field: 'value', type: 'quantitative' as const, title: name, scale: { scheme } },
    },
  };
}

function arrows(plane: PlaneVectors, onShades: boolean) {
  const lengths = Array.from({ length: plane.n ** 2 }, (_, e) =>
    Math.hypot(plane.values[2 * e]!, plane.values[2 * e + 1]!),
  );
  const longest = Math.max(...lengths);
  const size = (SIDE / plane.n) * LONGEST;
  const values = lengths.map((length, e) => ({
    x: cell(plane, Math.floor(e / plane.n)),
    y: cell(plane, e % plane.n),
    // Symbols point up at 0 and turn clockwise.
    angle: (90 - (180 / Math.PI) * Math.atan2(plane.values[2 * e + 1]!, plane.values[2 * e]!) + 360) % 360,
    // An area; the root keeps short arrows visible.
    area: size ** 2 * Math.sqrt(length / longest),
  }));
  const domain = [plane.low, plane.high];
  return {
    data: { values },
    mark: {
      type: 'point' as const,
      shape: 'arrow',
      filled: true,
      opacity: 0.9,
      color: onShades ? 'white' : '#1e293b',
    },
    encoding: {
      x: { field: 'x', type: 'quantitative' as const, title: 'x1', scale: { domain, nice: false } },
      y: { field: 'y', type: 'quantitative' as const, title: 'x2', scale: { domain, nice: false } },
      angle: { field: 'angle', type: 'quantitative' as const, scale: { domain: [0, 360], range: [0, 360] } },
      size: { field: 'area', type: 'quantitative' as const, scale: null, legend: null },
    },
  };
}

function dots(points: ArrayLike<number>, domain?: readonly [number, number]) {
  const values = Array.from({ length: points.length / 2 }, (_, i) => ({
    x: points[2 * i]!,
    y: points[2 * i + 1]!,
  }));
  const scale = { ...(domain && { domain: [...domain] }), nice: false };
  return {
    data: { values },
    mark: { type: 'point' as const, filled: true, size: 8, opacity: 0.6, color: '#f97316', clip: true },
    encoding: {
      x: { field: 'x', type: 'quantitative' as const, title: 'x1', scale },
      y: { field: 'y', type: 'quantitative' as const, title: 'x2', scale },
    },
  };
}

/** Panels of the plane in rows of `columns`. */
export function planes(
  title: string,
  panels: readonly Panel[],
  { subtitle, columns = 3 }: { subtitle?: string; columns?: number } = {},
): Plot {
  return {
    ...base(title, subtitle),
    columns,
    spacing: 28,
    resolve: { scale: { color: 'independent', size: 'independent' } },
    concat: panels.map((panel) => {
      const frame = panel.shades ?? panel.arrows ?? panel.frame;
      return {
        title: { text: panel.title, fontSize: 12, fontWeight: 'normal' as const },
        width: SIDE,
        height: SIDE,
        layer: [
          ...(panel.shades ? [shades(panel.shades)] : []),
          ...(panel.arrows ? [arrows(panel.arrows, panel.shades !== undefined)] : []),
          ...(panel.points ? [dots(panel.points, frame && [frame.low, frame.high])] : []),
        ],
      };
    }),
  } as Plot;
}
