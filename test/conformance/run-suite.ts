import { fork } from 'node:child_process';
import { swiftShader } from '../support/browser.js';
import { bundleSuite } from './bundle.js';
import type { SpecResult } from './spec-result.js';

const TIMEOUT = 20 * 60_000;

/**
 * Bundles and runs the specs on a provider, those that match `only` or all of them.
 *
 * @throws Error if the process that runs them ends before they are through, or takes more than 20 minutes
 */
export async function runSuite(provider: string, only = ''): Promise<SpecResult[]> {
  const suite = fork(await bundleSuite(), {
    // The specs print a great deal.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    timeout: TIMEOUT,
    env: {
      // Unless the environment names a driver: a real GPU's, in VK_DRIVER_FILES.
      ...(provider === 'webgpu' && swiftShader),
      ...process.env,
      CONFORMANCE_PROVIDER: provider,
      CONFORMANCE_ONLY: only,
    },
  });
  return new Promise((resolve, reject) => {
    suite.on('message', (results) => resolve(results as SpecResult[]));
    suite.on('error', reject);
    suite.on('exit', (code, signal) =>
      reject(
        new Error(`The specs did not come to an end: their process ended with ${signal ?? `code ${code}`}.`),
      ),
    );
  });
}
