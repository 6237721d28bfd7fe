import type { LogEntry } from './training-log.js';
import type { Plot } from './render.js';
import { smooth } from './smooth.js';

const BLUE = '#2563eb';
const GREY = '#64748b';
/** More points than this cannot be told apart in the width of the plot. */
const MAX_POINTS = 1500;

/**
 * Plots a training run: the loss as logged and, on top of it, smoothed; below, the gradient's norm and the
 * learning rate, where the log has them. Loss and norm have logarithmic axes when all their values are positive.
 *
 * @throws RangeError when the log has no entry
 */
export function lossCurve(log: readonly LogEntry[], { title = 'Training loss' } = {}): Plot {
  const last = log.at(-1);
  if (!last) throw new RangeError('The training log has no step yet: there is no loss to draw.');
  const smoothed = smooth(
    log.map((entry) => entry.loss),
    log.length / 60,
  );
  const stride = Math.ceil(log.length / MAX_POINTS);
  const values = log
    .map((entry, i) => ({ ...entry, smoothed: smoothed[i] }))
    .filter((_, i) => i % stride === 0 || i === log.length - 1);

  const axis = (field: keyof LogEntry, name: string, height: number) => ({
    field,
    type: 'quantitative' as const,
    title: name,
    scale:
      field !== 'lr' && log.every((entry) => (entry[field] ?? 1) > 0)
        ? { type: 'log' as const, nice: false }
        : { zero: field === 'lr', nice: false },
    axis: { tickCount: Math.round(height / 30), format: '~g', grid: height > 100 },
  });
  const step = {
    field: 'step',
    type: 'quantitative' as const,
    title: 'step',
    scale: { nice: false, zero: false },
  };
  const y = axis('loss', 'loss', 280);
  const panel = (field: 'gradNorm' | 'lr', name: string) => ({
    width: 640,
    height: 80,
    mark: { type: 'line' as const, color: GREY, strokeWidth: 1 },
    encoding: { x: step, y: axis(field, name, 80) },
  });

  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    background: 'white',
    padding: 16,
    data: { values },
    title: {
      text: title,
      subtitle: `${last.step.toLocaleString('en')} steps, smoothed loss at the end ${(smoothed.at(-1) ?? NaN).toPrecision(3)}`,
      anchor: 'start',
      subtitleColor: GREY,
      offset: 12,
    },
    vconcat: [
      {
        width: 640,
        height: 280,
        layer: [
          {
            mark: { type: 'line', color: BLUE, opacity: 0.25, strokeWidth: 1 },
            encoding: { x: step, y },
          },
          {
            mark: { type: 'line', color: BLUE, strokeWidth: 2.5, interpolate: 'monotone' },
            encoding: { x: step, y: { ...y, field: 'smoothed' } },
          },
        ],
      },
      ...(last.gradNorm === undefined ? [] : [panel('gradNorm', 'gradient norm')]),
      ...(last.lr === undefined ? [] : [panel('lr', 'learning rate')]),
    ],
    config: {
      view: { stroke: null },
      axis: {
        gridColor: '#e2e8f0',
        domainColor: '#94a3b8',
        tickColor: '#94a3b8',
        labelColor: '#334155',
        titleColor: '#334155',
        titleFontWeight: 'normal',
      },
    },
  };
}
