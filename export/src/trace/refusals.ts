import * as tf from '@tensorflow/tfjs-core';

/**
 * The name of every tfjs kernel. tfjs-core exports each as a string constant of that name or of that name without its
 * leading underscore.
 */
export const kernelNames = (): string[] => [
  ...new Set(
    Object.entries(tf).flatMap(([key, name]: [string, unknown]) =>
      typeof name === 'string' && name.replace(/^_/, '') === key ? [name] : [],
    ),
  ),
];

const STRINGS = 'it works on strings, and a graph here holds numbers alone';
const RAGGED = 'it works on ragged tensors, for which ONNX has no operators';
const PIXELS =
  "it works on a page's pixels, outside of any tensor: pass the tensor in or out of the function";
const UNUSED = 'no op of tfjs runs it';

/** Kernels that have no rule for a reason, and the reason. */
export const reasons: Readonly<Record<string, string>> = {
  StaticRegexReplace: STRINGS,
  StringNGrams: STRINGS,
  StringSplit: STRINGS,
  StringToHashBucketFast: STRINGS,
  RaggedGather: RAGGED,
  RaggedRange: RAGGED,
  RaggedTensorToTensor: RAGGED,
  Draw: PIXELS,
  FromPixels: PIXELS,
  MatrixBandPart: UNUSED,
  Pool: UNUSED,
};

/** Makes every tfjs kernel without a rule a refusal by name. */
export function registerRefusals(backendName: string, supported: ReadonlySet<string>): void {
  for (const kernelName of kernelNames()) {
    if (supported.has(kernelName)) continue;
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: () => {
        const reason = reasons[kernelName];
        throw new Error(
          reason
            ? `The tfjs kernel ${kernelName}${via()} cannot be traced: ${reason}.`
            : `The tfjs kernel ${kernelName}${via()} has no rule in the recording backend, so this function cannot be ` +
                'traced: write it with other ops, or add a rule (docs/architecture.md, "Adding a kernel").',
        );
      },
    });
  }
}

interface Scopes {
  state: { scopeStack: readonly { readonly name?: string }[] };
}

/** The ops that are running, outermost first, as tfjs names their scopes. */
export const runningOps = (): string[] =>
  (tf.engine() as unknown as Scopes).state.scopeStack.flatMap(({ name }) =>
    name?.endsWith('__op') ? [name.slice(0, -'__op'.length)] : [],
  );

function via(): string {
  const ops = runningOps().map((name) => `tf.${name}`);
  return ops.length > 0 ? `, which ${ops.join(' > ')} runs,` : '';
}
