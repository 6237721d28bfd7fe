import type { Plot } from '../../plots/render.js';
import { base, GREY } from './base.js';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Standard deviation, drawn as a line to either side. */
  readonly spread?: number;
}

/** Horizontal bars, one a name, in the order given; `reference` is a dashed line. */
export function bars(
  title: string,
  values: readonly Bar[],
  {
    x,
    subtitle,
    log = false,
    reference,
  }: { x: string; subtitle?: string; log?: boolean; reference?: number },
): Plot {
  const y = {
    field: 'name',
    type: 'nominal' as const,
    title: null,
    sort: values.map(({ name }) => name),
    axis: { labelLimit: 300 },
  };
  const scale = log ? { type: 'log' as const, nice: true } : { zero: true };
  return {
    ...base(title, subtitle),
    width: 480,
    height: { step: 26 },
    data: {
      values: values.map(({ name, value, spread = 0 }) => ({
        name,
        value,
        low: value - spread,
        high: value + spread,
      })),
    },
    layer: [
      {
        mark: log
          ? { type: 'point' as const, filled: true, size: 70 }
          : { type: 'bar' as const, color: '#93c5fd' },
        encoding: { y, x: { field: 'value', type: 'quantitative' as const, title: x, scale } },
      },
      {
        mark: { type: 'rule' as const, strokeWidth: 2 },
        encoding: {
          y,
          x: { field: 'low', type: 'quantitative' as const, title: x, scale },
          x2: { field: 'high' },
        },
      },
      ...(reference === undefined
        ? []
        : [
            {
              data: { values: [{ reference }] },
              mark: { type: 'rule' as const, strokeDash: [4, 4], color: GREY },
              encoding: { x: { field: 'reference', type: 'quantitative' as const, title: x, scale } },
            },
          ]),
    ],
  };
}
