import type { Clip, RecordedCall, RecordedTerm } from '@scorebridge/runtime';
import { clipDynamically } from './clip-dynamically.js';
import type { Emitter, Scalar } from './emitter.js';

/** Names of what there is at a network call, by how many calls ago it was made. */
export type Kept = Readonly<Record<RecordedTerm['of'], readonly (string | undefined)[]>>;

/** What one network call and the step after it are made of. */
export interface StepParts {
  /** The calls that the nodes are for: one, or all that share them in a Loop. */
  readonly calls: readonly RecordedCall[];
  /** The number that a call has in place of what is read off each of `calls`. */
  scalar(of: (call: RecordedCall) => number): Scalar;
  /** The prediction at x and, of a model that has learned it, the variance share. */
  network(x: string, level: Scalar): { prediction: string; varianceShare?: string };
  /** The draw of this call. */
  noise(x: string): string;
  /** Of the card. */
  readonly valueRange: readonly [number, number];
  readonly shape: readonly number[];
}

/** What a step makes. */
export interface Made {
  readonly x: string;
  readonly estimate: string;
  readonly noise: string | undefined;
}

/**
 * Adds a network call and the step after it.
 *
 * @param kept x of this call first; estimates and noise of earlier ones, from one call ago on
 */
export function emitStep(g: Emitter, parts: StepParts, kept: Kept): Made {
  const { calls, scalar } = parts;
  const x = kept.x[0]!;
  const { prediction, varianceShare } = parts.network(
    x,
    scalar(({ level }) => level),
  );
  const raw = g.sum([
    g.times(
      scalar(({ onX }) => onX),
      x,
    ),
    g.times(
      scalar(({ onPrediction }) => onPrediction),
      prediction,
    ),
  ])!;
  const estimate = emitClip(g, parts, raw);
  const noise = calls.some(({ noise }) => noise) ? emitNoise(g, parts, x, varianceShare) : undefined;
  const there = { x: kept.x, estimate: [estimate, ...kept.estimate], noise: [noise, ...kept.noise] };
  const terms = new Map(
    calls.flatMap(({ next }) => next.map((term) => [`${term.of} ${term.ago}`, term] as const)),
  );
  // In one order, so that a sum is rounded alike in a Loop, where it has zeros in it, and without.
  const ordered = [...terms].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, term]) => term);
  const next = ordered.map(({ of, ago }) => {
    const coefficient = scalar(
      (call) => call.next.find((term) => term.of === of && term.ago === ago)?.coefficient ?? 0,
    );
    return g.times(coefficient, there[of][ago]!);
  });
  return { x: g.sum(next)!, estimate, noise };
}

function emitNoise(g: Emitter, parts: StepParts, x: string, varianceShare: string | undefined): string {
  const z = parts.noise(x);
  if (!parts.calls.some(({ learned }) => learned)) return z;
  const logSigma = g.sum([
    g.scalar(parts.scalar(({ learned }) => learned?.smallest ?? 0)),
    g.times(
      parts.scalar(({ learned }) => learned?.range ?? 0),
      varianceShare!,
    ),
  ])!;
  return g.apply('Mul', [z, g.apply('Exp', [logSigma])]);
}

/** The estimate clipped as the calls say, which may differ in whether they do. */
function emitClip(g: Emitter, { calls, scalar, valueRange, shape }: StepParts, estimate: string): string {
  const threshold = calls.map(({ clip }) => clip).find((clip) => typeof clip !== 'boolean');
  if (threshold) {
    if (!calls.every(({ clip }) => clip === threshold))
      throw new RangeError(
        'A dynamic threshold at some steps and another clipping at others cannot be written as one graph: unroll it.',
      );
    return clipDynamically(g, estimate, { ...threshold, valueRange, shape });
  }
  const bound = (i: 0 | 1, none: number) =>
    g.scalar(scalar(({ clip }) => (clip === (true satisfies Clip) ? valueRange[i] : none)));
  return calls.some(({ clip }) => clip)
    ? g.apply('Clip', [estimate, bound(0, -Infinity), bound(1, Infinity)])
    : estimate;
}
