/**
 * Runs the specs that TensorFlow.js itself is held to on the backend `onnxruntime`, and holds what fails to the list of what
 * may: `npm run conformance`. Exits with 1 on any change for the worse.
 *
 *   --provider webgpu   on another provider than the cpu, which has a list of its own
 *   --only REGEXP       some specs alone, by their full names
 *   --update            rewrites the list
 */
import { parseArgs } from 'node:util';
import { compare, share } from './compare.js';
import { readExpectedFailures, updated, writeExpectedFailures } from './expected-failures.js';
import { runSuite } from './run-suite.js';

const { provider, only, update } = parseArgs({
  options: {
    provider: { type: 'string', default: 'cpu' },
    only: { type: 'string', default: '' },
    update: { type: 'boolean', default: false },
  },
}).values;
if (only && update) throw new Error('--update writes the list of all specs: leave out --only.');

const before = await readExpectedFailures(provider);
const start = performance.now();
const results = await runSuite(provider, only);
const seconds = ((performance.now() - start) / 1000).toFixed(0);
const expected = update ? updated(results, before) : before;
if (update) await writeExpectedFailures(provider, expected);
const found = compare(results, expected);

const list = (title: string, lines: readonly string[]) => {
  if (lines.length > 0)
    console.log(`\n${title} (${lines.length}):\n${lines.map((line) => `  ${line}`).join('\n')}`);
};
list(
  'Failed, and not on the list',
  found.unexpectedFailures.map(({ name, message }) => `${name}: ${message}`),
);
// Of some specs alone nothing is to be said about the others.
if (!only) list('On the list, but no longer there', found.missing);
list('On the list without a reason: write one in its place', found.unexplained);
list('Pass, but are on the list: npm run conformance -- --update takes them off', found.unexpectedPasses);

console.log(`\ntfjs-core's own specs on ONNX Runtime, provider ${provider}, ${seconds} s:`);
console.log(`  without gradients  ${share(results, false)}`);
console.log(`  gradients          ${share(results, true)}`);
const failures =
  found.unexpectedFailures.length + found.unexplained.length + (only ? 0 : found.missing.length);
if (failures > 0 || found.passed === 0) process.exitCode = 1;
console.log(`\n${found.passed} passed, ${failures} failed, ${found.expectedFailures} skipped`);
