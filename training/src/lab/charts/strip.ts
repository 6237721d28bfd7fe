import type { Plot } from '../../plots/render.js';
import { base } from './base.js';

export interface Column {
  readonly title: string;
  /** [rows, side, side]. */
  readonly images: ArrayLike<number>;
}

/** Grey images in columns, one column for each time. */
export function strip(
  title: string,
  columns: readonly Column[],
  { side, range: [low, high] }: { side: number; range: readonly [number, number] },
): Plot {
  const rows = columns[0]!.images.length / side ** 2;
  return {
    ...base(title),
    spacing: 6,
    config: { aria: false, view: { stroke: null } },
    hconcat: columns.map((column) => ({
      title: {
        text: column.title,
        fontSize: 11,
        fontWeight: 'normal' as const,
        anchor: 'middle' as const,
        offset: 4,
      },
      width: 3 * side,
      height: 3 * side * rows,
      data: {
        values: Array.from(column.images, (value, e) => {
          const [x, y] = [e % side, Math.floor(e / side)];
          return { x, x2: x + 1, y, y2: y + 1, value: Math.min(Math.max(value, low), high) };
        }),
      },
      mark: { type: 'rect' as const },
      encoding: {
        x: {
          field: 'x',
          type: 'quantitative' as const,
          axis: null,
          scale: { domain: [0, side], nice: false },
        },
        x2: { field: 'x2' },
        y: {
          field: 'y',
          type: 'quantitative' as const,
          axis: null,
          scale: { domain: [side * rows, 0], nice: false },
        },
        y2: { field: 'y2' },
        color: {
          field: 'value',
          type: 'quantitative' as const,
          legend: null,
          scale: { domain: [low, high], range: ['black', 'white'] },
        },
      },
    })),
  };
}
