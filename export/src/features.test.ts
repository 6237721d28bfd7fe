import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { kernelsWithRule } from './trace/kernels/index.js';
import { kernelNames, reasons } from './trace/refusals.js';

/** FEATURES.md, from the rules there are and the gradients that tfjs has registered. */
function features(): string {
  const names = [...kernelsWithRule].sort();
  // Not a gradient, but the part of one: `Conv2DBackpropInput`, `MaxPoolGrad`.
  const isGradient = (name: string) => /Grad$|Backprop/.test(name);
  const table = [
    [`kernel (${names.length})`, 'part', 'derivative'],
    ...names.map((name) => [
      name,
      isGradient(name) ? 'of a gradient' : '',
      tf.getGradient(name) ? 'yes' : '',
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  const line = (row: string[], fill = ' ') =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!, fill)).join(' | ')} |`;
  const [head, ...body] = table as [string[], ...string[][]];
  const rows = [line(head), line(['', '', ''], '-'), ...body.map((row) => line(row))];
  const refused = kernelNames()
    .filter((name) => !kernelsWithRule.has(name))
    .sort();
  const reasonOf = (name: string) => reasons[name] ?? 'no rule yet';
  const refusals = [...new Set(refused.map(reasonOf))].map(
    (reason) => `- ${refused.filter((name) => reasonOf(name) === reason).join(', ')}: ${reason}.`,
  );
  return `# Kernels that can be traced

Written by \`npm run features -w export\`; a test fails when it is stale. Every kernel listed here, and its derivative where tfjs ${tf.version_core} has one, is held to tfjs's cpu backend by the tests beside \`src/trace/kernels/\`. "Derivative" is what tfjs registers by itself; \`@scorebridge/training\` registers more, and corrects some; fused ops are taken apart where a gradient is asked for.

${rows.join('\n')}

## Refused by name (${refused.length})

${refusals.join('\n')}
`;
}

test('no kernel has both a rule and a reason for having none', () => {
  expect(Object.keys(reasons).filter((name) => kernelsWithRule.has(name))).toEqual([]);
  expect(kernelNames()).toEqual(expect.arrayContaining(Object.keys(reasons)));
});

test('FEATURES.md is up to date (npm run features -w export)', async () => {
  await expect(features()).toMatchFileSnapshot('../FEATURES.md');
});
