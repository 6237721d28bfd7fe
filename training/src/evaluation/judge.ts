import { createSession, type Provider, type ProviderName } from '@scorebridge/runtime';
import { fileURLToPath } from 'node:url';

/** The judge that the package ships: a digit classifier trained by this package's own pipeline. */
export const SHIPPED_JUDGE = fileURLToPath(new URL('../../assets/judge.onnx', import.meta.url));

/** Pixels of one digit: 28 x 28 x 1. */
const DIGIT_SIZE = 28 * 28;
const CLASSES = 10;

/** What the judge sees in a set of digits. */
export interface Judgement {
  readonly count: number;
  /** p(class | digit), row-major [count, 10]. */
  readonly probabilities: Float32Array;
  /** The activations below the last layer, row-major [count, featureCount]. */
  readonly features: Float32Array;
  readonly featureCount: number;
}

/** A digit classifier that is asked what a model has drawn. */
export interface Judge {
  readonly provider: Provider;
  /**
   * @param digits row-major [count, 28, 28, 1], ink white, in [0, 1]
   * @throws RangeError when the digits are none or do not fill whole images
   */
  judge(digits: Float32Array, options?: { signal?: AbortSignal }): Promise<Judgement>;
  release(): Promise<void>;
}

export interface JudgeOptions {
  /** The judge's ONNX file, by its path or its bytes; default the shipped one. */
  readonly model?: string | Uint8Array;
  /** Where it runs; default the fastest that loads. */
  readonly provider?: ProviderName | 'auto';
  /** Digits a network call; default 250. */
  readonly batch?: number;
}

/**
 * Loads a judge: an ONNX file with input `x` [batch, 28, 28, 1] in [0, 1] and outputs `logits` [batch, 10] and
 * `features` [batch, n].
 *
 * @throws Error when the file cannot be read or has other inputs or outputs
 */
export async function loadJudge({
  model = SHIPPED_JUDGE,
  provider,
  batch = 250,
}: JudgeOptions = {}): Promise<Judge> {
  const { session, provider: chosen, Tensor } = await createSession(model, { provider });
  const found = `inputs ${session.inputNames.join(', ')}, outputs ${session.outputNames.join(', ')}`;
  if (
    session.inputNames.join() !== 'x' ||
    !['logits', 'features'].every((name) => session.outputNames.includes(name))
  ) {
    await session.release();
    throw new Error(
      `${typeof model === 'string' ? model : 'The model'} is not a judge: it needs input x and outputs logits and features, found ${found}.`,
    );
  }
  return {
    provider: chosen,
    async judge(digits, { signal } = {}) {
      const count = digits.length / DIGIT_SIZE;
      if (!Number.isInteger(count) || count === 0)
        throw new RangeError(
          `Digits of 28 x 28 pixels fill multiples of ${DIGIT_SIZE} values, found ${digits.length}.`,
        );
      const probabilities = new Float32Array(count * CLASSES);
      let features = new Float32Array();
      let featureCount = 0;
      for (let start = 0; start < count; start += batch) {
        signal?.throwIfAborted();
        const n = Math.min(batch, count - start);
        const x = digits.subarray(start * DIGIT_SIZE, (start + n) * DIGIT_SIZE);
        const outputs = await session.run({ x: new Tensor('float32', x, [n, 28, 28, 1]) });
        const logits = outputs['logits']!.data as Float32Array;
        const rows = outputs['features']!.data as Float32Array;
        if (start === 0) {
          featureCount = rows.length / n;
          features = new Float32Array(count * featureCount);
        }
        features.set(rows, start * featureCount);
        for (let i = 0; i < n; i++)
          probabilities.set(softmax(logits.subarray(i * CLASSES, (i + 1) * CLASSES)), (start + i) * CLASSES);
      }
      return { count, probabilities, features, featureCount };
    },
    release: () => session.release(),
  };
}

function softmax(logits: Float32Array): Float32Array {
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}
