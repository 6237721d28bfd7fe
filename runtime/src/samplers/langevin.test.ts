import { expect, test } from 'vitest';
import { heavyMass } from '../testing/two-modes.js';
import { langevin } from './langevin.js';

test(
  'it cannot weigh separated modes: mass 0.509 +- 0.008 in the heavy one (seeds 0 to 19)',
  { tags: ['long'] },
  async () => {
    const mass = await heavyMass(langevin({ eps: 0.1 }));
    expect(Math.abs(mass - 0.509)).toBeLessThan(0.008);
  },
);
