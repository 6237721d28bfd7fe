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
          `The tfjs kernel ${kernelName}${via()} has no rule in the recording backend, so this function cannot be ` +
            'traced: write it with other ops, or add a rule (docs/architecture.md, "Adding a kernel").',
        );
      },
    });
  }
}

interface Scopes {
  state: { scopeStack: readonly { readonly name: string }[] };
}

/** The ops that are running, outermost first, as tfjs names their scopes. */
function via(): string {
  const ops = (tf.engine() as unknown as Scopes).state.scopeStack
    .map(({ name }) => name)
    .filter((name) => name?.endsWith('__op'))
    .map((name) => `tf.${name.slice(0, -'__op'.length)}`);
  return ops.length > 0 ? `, which ${ops.join(' > ')} runs,` : '';
}
