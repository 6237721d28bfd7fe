import type { Plot } from '../../plots/render.js';
import { base } from './base.js';

/** One line of a chart; `spread`, where it is known, is drawn as a bar to either side of each point. */
export interface Line {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly spread?: ArrayLike<number>;
}

export interface LinesOptions {
  readonly x: string;
  readonly y: string;
  readonly logX?: boolean;
  readonly logY?: boolean;
  readonly subtitle?: string;
  /** Whether each value is marked; so by default where a line has fewer than 30. */
  readonly points?: boolean;
}

/** Lines over one pair of axes, with a legend. */
export function lines(title: string, series: readonly Line[], options: LinesOptions): Plot {
  const values = series.flatMap(({ name, x, y, spread }) =>
    Array.from(x, (value, i) => ({
      name,
      x: value,
      y: y[i]!,
      ...(spread && { low: y[i]! - spread[i]!, high: y[i]! + spread[i]! }),
    })),
  );
  const axis = (field: 'x' | 'y', log = false) => ({
    field,
    type: 'quantitative' as const,
    title: options[field],
    scale: log ? { type: 'log' as const, nice: false } : { nice: false, zero: false },
    axis: { tickCount: 8, ...(log && { format: '~g' }) },
  });
  const marked = options.points ?? series.every(({ x }) => x.length < 30);
  const color = {
    field: 'name',
    type: 'nominal' as const,
    title: null,
    sort: series.map(({ name }) => name),
  };
  return {
    ...base(title, options.subtitle),
    data: { values },
    width: 560,
    height: 320,
    layer: [
      ...(series.some(({ spread }) => spread)
        ? [
            {
              mark: { type: 'rule' as const, opacity: 0.5 },
              encoding: {
                x: axis('x', options.logX),
                y: { ...axis('y', options.logY), field: 'low' },
                y2: { field: 'high' },
                color,
              },
            },
          ]
        : []),
      {
        mark: { type: 'line' as const, point: marked, strokeWidth: 1.5 },
        encoding: { x: axis('x', options.logX), y: axis('y', options.logY), color },
      },
    ],
  };
}
