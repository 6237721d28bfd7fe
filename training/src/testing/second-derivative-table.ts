import type { SecondDerivativeCase, Verdict } from './second-derivative-cases.js';

/** The table of the README: what the second derivatives of kernels and ops are, by their cases. */
export function secondDerivativeTable(cases: Readonly<Record<string, SecondDerivativeCase>>): string {
  const verdicts = new Map<string, { stock: Verdict[]; corrected: Verdict[] }>();
  for (const [name, { stock, corrected = 'right' }] of Object.entries(cases)) {
    const kernel = name.split(',')[0]!;
    const of = verdicts.get(kernel) ?? { stock: [], corrected: [] };
    of.stock.push(stock);
    of.corrected.push(corrected);
    verdicts.set(kernel, of);
  }
  const worst = (of: Verdict[]): Verdict =>
    (['wrong', 'throws', 'right'] as const).find((verdict) => of.includes(verdict))!;
  const names = (stock: Verdict | undefined, corrected: Verdict) =>
    [...verdicts]
      .filter(([, of]) => worst(of.corrected) === corrected && (!stock || worst(of.stock) === stock))
      .map(([kernel]) => (kernel.startsWith('tf.') ? `\`${kernel}\`` : kernel))
      .sort()
      .join(', ');
  return `| second derivative                     | of                                    |
| --- | --- |
| right; stock: wrong without an error | ${names('wrong', 'right')} |
| right; stock: an error | ${names('throws', 'right')} |
| right; stock: right | ${names('right', 'right')} |
| an error that names the kernel or op | ${names(undefined, 'throws')} |
`;
}
