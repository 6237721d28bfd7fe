import { kernelCases } from '../../training/src/testing/second-derivative-cases.js';

/**
 * What the survey of second derivatives has found of a kernel; undefined of one that it does not know. Its tests hold each
 * case against finite differences: on the cpu backend with the gradients of tfjs and with the corrected ones, and, where the
 * latter are right, exported and compiled.
 */
export function secondGradient(kernel: string): string | undefined {
  const cases = Object.entries(kernelCases).filter(([name]) => name.split(', ')[0] === kernel);
  if (cases.length === 0) return undefined;
  if (cases.every(([, { stock }]) => stock === 'right')) return 'yes';
  const thrown = cases.filter(([, { corrected }]) => corrected === 'throws').map(([name]) => name);
  if (thrown.length === cases.length) return 'no';
  const but = thrown.map((name) => name.split(', ')[1]);
  return `corrected${but.length > 0 ? `; not ${but.join(', ')}` : ''}`;
}

/** Whether a kernel has a gradient once `@scorebridge/training` has registered its own, and by tfjs alone. */
export function surveyedGradient(kernel: string): 'yes' | 'corrected' | undefined {
  const cases = Object.entries(kernelCases).filter(([name]) => name.split(', ')[0] === kernel);
  if (cases.length === 0) return undefined;
  if (cases.every(([, { stock }]) => stock === 'right')) return 'yes';
  return cases.some(([, { corrected = 'right' }]) => corrected === 'right') ? 'corrected' : undefined;
}
