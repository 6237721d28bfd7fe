import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Unit tests run against the sources, so that nothing has to be built to run them.
const alias = {
  '@scorebridge/runtime': source('runtime/src/node.ts'),
  '@scorebridge/export/convert': source('export/src/convert/index.ts'),
  '@scorebridge/export': source('export/src/index.ts'),
  '@scorebridge/training': source('training/src/index.ts'),
};

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: { name: 'unit', include: ['{runtime,export,training}/src/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        // What crosses packages runs against the built packages, as a user gets them.
        test: { name: 'cross', include: ['test/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 },
      },
    ],
  },
});
