import { availableParallelism } from 'node:os';
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

// For the times after which a test hangs, which are none that one should take: machines are busy.
const minute = 60_000;

// Of these each has a process to itself: they look at what is there before anything else has run, or replace a module.
const alone = [
  'export/src/eager/eager.test.ts',
  'training/src/autodiff/second-derivatives.test.ts',
  'training/src/autodiff/stock-survey.test.ts',
];

// The files of a package share processes, which takes half the time; those of two do not, for training corrects TensorFlow.js.
const unit = (name: string, include: string[], exclude: string[], isolate: boolean) => ({
  resolve: { alias },
  test: {
    ...{ name: `unit ${name}`, include, exclude, isolate },
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: minute,
    hookTimeout: minute,
    sequence: { groupOrder: 0 },
  },
});

export default defineConfig({
  test: {
    globalSetup: 'test/support/temporary-folder.ts',
    tags: [
      { name: 'long', description: 'Takes about a second or more: not for all day.', timeout: 10 * minute },
    ],
    projects: [
      unit('runtime and export', ['{runtime,export}/src/**/*.test.ts'], alone, false),
      unit('training', ['training/src/**/*.test.ts'], alone, false),
      unit('alone', alone, [], true),
      {
        // What crosses packages runs against the built packages, as a user gets them.
        test: {
          ...{ name: 'cross', include: ['test/**/*.test.ts'], sequence: { groupOrder: 1 } },
          ...{ testTimeout: 15 * minute, hookTimeout: 15 * minute },
        },
      },
    ],
  },
});
