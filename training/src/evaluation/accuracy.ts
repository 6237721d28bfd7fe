import type { LabelledImages } from '../data/dataset.js';
import type { Judge } from './judge.js';

/** The share of labelled digits, pixels 0 to 255, to which a judge gives their label. */
export async function accuracyOf(judge: Judge, { images, labels, count }: LabelledImages): Promise<number> {
  const { probabilities } = await judge.judge(Float32Array.from(images, (pixel) => pixel / 255));
  const right = labels.filter((label, i) => {
    const p = probabilities.subarray(i * 10, (i + 1) * 10);
    return p[label] === Math.max(...p);
  });
  return right.length / count;
}
