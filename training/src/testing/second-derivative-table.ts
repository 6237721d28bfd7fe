import type { SecondDerivativeCase, Verdict } from './second-derivative-cases.js';

/**
 * The table of the README: what the second derivatives of kernels and ops are, by their cases. One that is right
 * stands under the worst that its cases are without the correction; one that throws stands for itself.
 */
export function secondDerivativeTable(cases: Readonly<Record<string, SecondDerivativeCase>>): string {
  const code = (name: string) => (name.startsWith('tf.') ? `\`${name}\`` : name);
  const stock = new Map<string, Verdict[]>();
  const thrown: string[] = [];
  for (const [name, example] of Object.entries(cases)) {
    const [kernel, option] = name.split(', ') as [string, string?];
    if (example.corrected === 'throws') thrown.push(code(kernel) + (option ? ` (${option})` : ''));
    else stock.set(kernel, [...(stock.get(kernel) ?? []), example.stock]);
  }
  const right = (verdict: Verdict) =>
    [...stock]
      .filter(([, of]) => (['wrong', 'throws', 'right'] as const).find((v) => of.includes(v)) === verdict)
      .map(([kernel]) => code(kernel))
      .sort()
      .join(', ');
  return `| second derivative | of |
| --- | --- |
| right; stock: wrong without an error | ${right('wrong')} |
| right; stock: an error | ${right('throws')} |
| right; stock: right | ${right('right')} |
| an error that names it | ${thrown.sort().join(', ')} |
`;
}
