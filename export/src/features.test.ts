import * as tf from '@tensorflow/tfjs';
import { format } from 'prettier';
import { expect, test } from 'vitest';
import { kernels } from './trace/kernels/index.js';
import { kernelNames } from './trace/refusals.js';

/** FEATURES.md, from the rules there are and the gradients that tfjs has registered. */
function features(): string {
  const names = Object.keys(kernels).sort();
  // Not a gradient, but the part of one: `Conv2DBackpropInput`, `MaxPoolGrad`.
  const isGradient = (name: string) => /Grad$|Backprop/.test(name);
  const rows = names.map(
    (name) =>
      `| ${name} | ${isGradient(name) ? 'of a gradient' : ''} | ${tf.getGradient(name) ? 'yes' : ''} |`,
  );
  const refused = kernelNames().filter((name) => !(name in kernels));
  return `# Kernels that can be traced

Written by \`npm run features -w export\`; a test fails when it is stale. Every kernel listed here, and its derivative where tfjs ${tf.version_core} has one, is held to tfjs's cpu backend by the tests beside \`src/trace/kernels/\`. "Derivative" is what tfjs registers by itself; \`@scorebridge/training\` registers more, and corrects some.

| kernel (${names.length}) | part | derivative |
|---|---|---|
${rows.join('\n')}

## Refused by name (${refused.length})
${refused.sort().join(', ')}.
`;
}

test('FEATURES.md is up to date (npm run features -w export)', async () => {
  const text = await format(features(), { parser: 'markdown' });
  await expect(text).toMatchFileSnapshot('../FEATURES.md');
});
