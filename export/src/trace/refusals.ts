import * as tf from '@tensorflow/tfjs-core';

/**
 * Makes every tfjs kernel without a rule a refusal by name. tfjs-core exports each kernel's name as a string constant
 * of that name or of that name without its leading underscore.
 */
export function registerRefusals(backendName: string, supported: readonly string[]): void {
  const known = new Set(supported);
  for (const [key, kernelName] of Object.entries(tf)) {
    if (typeof kernelName !== 'string' || kernelName.replace(/^_/, '') !== key || known.has(kernelName))
      continue;
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: () => {
        throw new Error(
          `The tfjs kernel ${kernelName} has no rule in the recording backend, so this function cannot be traced: ` +
            'write it with other ops, or add a rule (docs/architecture.md, "Adding a kernel").',
        );
      },
    });
  }
}
