import { compiledEngine, tfjsCpuEngine } from '@scorebridge/training';
import { test } from 'vitest';
import { cases, expectSame, startOf, STEPS, trained } from './support/engines.js';

test.each(Object.entries(cases))(
  `${STEPS} steps of %s end the same on compiled and tfjs-cpu, parameter by parameter`,
  async (_, example) => {
    const start = startOf(example);
    const eager = await trained(tfjsCpuEngine(), example, start);
    for (const lowering of ['auto', 'portable'] as const) {
      const compiled = await trained(await compiledEngine({ provider: 'cpu', lowering }), example, start);
      expectSame(example, start, [eager, compiled], `compiled, ${lowering} lowering`);
    }
  },
);
