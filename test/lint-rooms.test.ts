import { ESLint, type Linter } from 'eslint';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';
import { describe, expect, test } from 'vitest';

const cwd = fileURLToPath(new URL('..', import.meta.url));
// The files below do not exist, so the rules that need types are off; everything else is the real configuration.
const eslint = new ESLint({ cwd, overrideConfig: tseslint.configs.disableTypeChecked as Linter.Config });

async function problems(filePath: string, code: string) {
  const [result] = await eslint.lintText(code, { filePath });
  return result!.messages.map(({ ruleId, message }) => `${ruleId}: ${message}`);
}

describe('an import that docs/architecture.md does not allow fails the lint', () => {
  test.each([
    ['runtime/src/virtual.ts', `export { tensor } from '@tensorflow/tfjs-core';`],
    ['runtime/src/virtual.ts', `export * from '@scorebridge/export';`],
    ['runtime/src/virtual.ts', `export * from '../../export/src/index.js';`],
    ['runtime/src/virtual.ts', `export const tf = () => import('@tensorflow/tfjs');`],
    ['runtime/src/virtual.ts', `export type T = import('@tensorflow/tfjs').Tensor;`],
    ['runtime/src/samplers/virtual.ts', `import 'node:fs';`],
    ['runtime/src/providers/node.ts', `import 'onnxruntime-web/webgpu';`],
    ['export/src/trace/virtual.ts', `import '@scorebridge/training';`],
    ['export/src/trace/virtual.ts', `export * from '@scorebridge/runtime/src/node.js';`],
    ['export/src/trace/virtual.ts', `export * from '@scorebridge/runtime/dist/node.js';`],
    ['export/src/trace/virtual.ts', `import 'sharp';`],
    ['export/src/trace/virtual.ts', `import 'onnxruntime-node';`],
    ['training/src/virtual.ts', `export * from '@scorebridge/web-demo';`],
    ['training/src/virtual.ts', `import 'left-pad';`],
    ['training/src/virtual.ts', `export * from '../../test/support/browser.js';`],
    ['web-demo/src/virtual.ts', `import '@tensorflow/tfjs';`],
    ['web-demo/src/virtual.ts', `import '@scorebridge/training';`],
    ['runtime/src/virtual.test.ts', `import '@scorebridge/export';`],
    ['examples/server/virtual.js', `import '@scorebridge/training';`],
    ['examples/next/virtual.tsx', `import 'left-pad';`],
  ])('%s: %s', async (path, code) => {
    expect(await problems(path, code)).toEqual([expect.stringMatching(/^rooms\/imports: /)]);
  });

  test.each([
    ['runtime/src/samplers/virtual.ts', `export * from '../noise.js'; import 'valibot';`],
    ['runtime/src/model/node.ts', `import 'node:fs'; import 'onnxruntime-node';`],
    ['runtime/src/virtual.test.ts', `import 'vitest';`],
    ['export/src/virtual.ts', `import '@scorebridge/runtime'; import '@tensorflow/tfjs-core/dist/x.js';`],
    ['training/src/virtual.ts', `import '@scorebridge/export'; import '@scorebridge/runtime';`],
    ['web-demo/src/virtual.ts', `import '@scorebridge/runtime';`],
    ['test/virtual.ts', `import '@scorebridge/training'; import '@tensorflow/tfjs';`],
  ])('but these are allowed: %s: %s', async (path, code) => {
    expect(await problems(path, code)).toEqual([]);
  });
});

test('default exports and explicit any fail the lint', async () => {
  const rules = await problems('runtime/src/virtual.ts', 'export default (x: any) => x;');
  expect(rules).toEqual([
    expect.stringMatching(/^no-restricted-syntax: /),
    expect.stringMatching(/^@typescript-eslint\/no-explicit-any: /),
  ]);
  expect(await problems('virtual.config.ts', 'export default {};')).toEqual([]);
});
