import { UNEXPLAINED, type ExpectedFailures } from './expected-failures.js';
import { isGradient, type SpecResult } from './spec-result.js';

/** How the results of a run lie to what is expected of it. */
export interface Comparison {
  readonly passed: number;
  /** Failed, and on the list. */
  readonly expectedFailures: number;
  readonly unexpectedFailures: readonly SpecResult[];
  /** On the list, but passed. */
  readonly unexpectedPasses: readonly string[];
  /** On the list, but no spec of that name was run. */
  readonly missing: readonly string[];
  /** On the list without a reason. */
  readonly unexplained: readonly string[];
}

export function compare(results: readonly SpecResult[], expected: ExpectedFailures): Comparison {
  const passed = results.filter(({ status }) => status === 'passed');
  const failed = results.filter(({ status }) => status === 'failed');
  const unexpectedFailures = failed.filter(({ name }) => !expected.has(name));
  const ran = new Set([...passed, ...failed].map(({ name }) => name));
  return {
    passed: passed.length,
    expectedFailures: failed.length - unexpectedFailures.length,
    unexpectedFailures,
    unexpectedPasses: passed.map(({ name }) => name).filter((name) => expected.has(name)),
    missing: [...expected.keys()].filter((name) => !ran.has(name)),
    unexplained: [...expected].filter(([, reason]) => reason.startsWith(UNEXPLAINED)).map(([name]) => name),
  };
}

/** `3,125 of 3,646 (85.7%)`, of those specs that were run. */
export function share(results: readonly SpecResult[], gradient: boolean): string {
  const ran = results.filter(
    (result) => isGradient(result) === gradient && ['passed', 'failed'].includes(result.status),
  );
  const passed = ran.filter(({ status }) => status === 'passed').length;
  return `${passed} of ${ran.length} (${((100 * passed) / Math.max(1, ran.length)).toFixed(1)}%)`;
}
