/**
 * TensorFlow.js's own specs on the backend `onnxruntime`. `bundle.ts` bundles this file, and `run-suite.ts` runs it in a
 * process of its own, to which it sends what became of each spec.
 */
import { environment } from './jasmine-globals.js';
import { backend } from './backend-under-test.js';
import '@tensorflow/tfjs-core/dist/tests.js';
import type { SpecResult } from './spec-result.js';

const names = new Map<string, number>();

/** A spec's name without the backend's, and a number where several have the same. */
function nameOf(fullName: string): string {
  const name = fullName.replaceAll(` ${backend} {}`, '').trim();
  const count = (names.get(name) ?? 0) + 1;
  names.set(name, count);
  return count === 1 ? name : `${name} (${count})`;
}

const only = process.env['CONFORMANCE_ONLY'];
if (only) environment.configure({ specFilter: (spec) => new RegExp(only).test(spec.getFullName()) });
const results: SpecResult[] = [];
environment.addReporter({
  specDone({ fullName, status, failedExpectations }) {
    const message = failedExpectations[0]?.message.split('\n')[0];
    results.push({ name: nameOf(fullName), status, ...(message !== undefined && { message }) });
  },
});
await environment.execute();
process.send!(results, () => process.exit(0));
