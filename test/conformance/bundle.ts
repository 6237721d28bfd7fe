import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles the specs with the backend into one file, so that both use one and the same tfjs-core. Returns its path. */
export async function bundleSuite(): Promise<string> {
  const outfile = `${root}/test/results/conformance/suite.mjs`;
  await build({
    entryPoints: [fileURLToPath(new URL('suite.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    alias: { '@tensorflow/tfjs-core': `${root}/node_modules/@tensorflow/tfjs-core` },
    external: ['onnxruntime-node', 'onnxruntime-common', 'protobufjs', 'piscina', 'jasmine-core'],
    // tfjs marks its modules as free of side effects, which the specs are not.
    ignoreAnnotations: true,
    logLevel: 'error',
    // What is bundled of CommonJS asks for require.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
    },
  });
  return outfile;
}
