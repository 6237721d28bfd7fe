import type { Classes } from '../card/model-card.js';
import type { ScoreSource } from '../model/score-model.js';
import { conversion } from '../parametrisation/convert.js';
import { levelsByNumber } from '../process/levels-by-number.js';

/** log p(y | x_t) of a classifier of noisy samples, and its gradient. */
export interface LogProbability {
  /** [batch]. Needed by samplers that accept or reject alone. */
  readonly value?: Float32Array;
  /** [batch, ...shape], the gradient by x of each sample's own. */
  readonly gradient: Float32Array;
}

export interface ClassifierOptions {
  /**
   * What the classifier says of x, [batch, ...shape], at a level as the network is told it, of the class of each sample: a
   * closed form, or an exported gradient (`exportGradient`, `loadGradient`).
   */
  readonly logProbability: (
    x: Float32Array,
    level: number | Float32Array,
    label: Int32Array,
  ) => Promise<LogProbability>;
  /** How many classes it knows. */
  readonly classes: number;
  /** s: the gradient is weighed by it; 1 by default, which is Bayes' rule. */
  readonly scale?: number | undefined;
}

/**
 * Classifier guidance (Dhariwal and Nichol, "Diffusion models beat GANs on image synthesis", 2021, algorithm 2 and equation
 * 14): the score of x_t given y is that of x_t plus s grad log p(y | x_t), which in eps is - s sigma grad log p(y | x_t). What
 * comes back is a model with the classifier's classes, so that `sample` takes a `label` and any sampler; without a label it is
 * the model as it was. Classifier-free guidance of weight w on top of it comes to (1 + w) s.
 *
 * A model with classes of its own is told its label too.
 *
 * @throws RangeError if `classes` or `scale` is out of range, or the model has classes and others
 */
export function classifierGuided(
  source: ScoreSource,
  { logProbability, classes, scale = 1 }: ClassifierOptions,
): ScoreSource {
  const { card } = source;
  if (!(Number.isSafeInteger(classes) && classes > 0))
    throw new RangeError(`classes is ${classes}; expected a positive integer.`);
  if (!Number.isFinite(scale)) throw new RangeError(`scale is ${scale}; expected a finite number.`);
  if (card.classes && card.classes.count !== classes)
    throw new RangeError(
      `The classifier knows ${classes} classes and the model ${card.classes.count}; expected as many.`,
    );
  const own: Classes = card.classes ?? { count: classes, unconditional: classes };
  const levelOf = levelsByNumber(card.process);

  /** Adds s grad log p(y | x) to predictions of the samples that have a class; returns log p(y | x), 0 of the others. */
  const guide = async (
    prediction: Float32Array,
    x: Float32Array,
    level: number | Float32Array,
    label: Int32Array | undefined,
    needsValue = false,
  ): Promise<Float32Array | undefined> => {
    const rows = Array.from(label ?? [], (_, row) => row).filter((row) => label![row]! < classes);
    if (rows.length === 0 || scale === 0) return undefined;
    const batch = label!.length;
    const size = x.length / batch;
    const asked = new Float32Array(rows.length * size);
    rows.forEach((row, r) => asked.set(x.subarray(row * size, (row + 1) * size), r * size));
    const told = Float32Array.from(rows, (row) => (typeof level === 'number' ? level : level[row]!));
    const { value, gradient } = await logProbability(
      asked,
      typeof level === 'number' ? level : told,
      Int32Array.from(rows, (row) => label![row]!),
    );
    if (needsValue && !value)
      throw new Error(
        'A sampler that accepts or rejects needs the value of log p(y | x) beside its gradient.',
      );
    if (gradient.length !== asked.length)
      throw new Error(
        `The classifier returned a gradient of ${gradient.length} numbers for ${asked.length}; expected as many.`,
      );
    rows.forEach((row, r) => {
      const [, onScore] = conversion('score', card.parametrisation, levelOf(told[r]!));
      for (let d = 0; d < size; d++) prediction[row * size + d]! += onScore * scale * gradient[r * size + d]!;
    });
    if (!value) return undefined;
    const values = new Float32Array(batch);
    rows.forEach((row, r) => (values[row] = scale * value[r]!));
    return values;
  };
  const forModel = (label?: Int32Array) => (card.classes ? label : undefined);
  const { evaluate, predictVariance } = source;
  return {
    card: { ...card, classes: own },
    remedy: source.remedy,
    async predict(x, level, label, out) {
      const prediction = await source.predict(x, level, forModel(label), out);
      await guide(prediction, x, level, label);
      return prediction;
    },
    ...(evaluate && {
      async evaluate(x: Float32Array, level: number | Float32Array, label?: Int32Array) {
        const { prediction, energy } = await evaluate(x, level, forModel(label));
        const values = await guide(prediction, x, level, label, true);
        return { prediction, energy: values ? energy.map((f, i) => f - values[i]!) : energy };
      },
    }),
    ...(predictVariance && {
      async predictVariance(x: Float32Array, level: number | Float32Array, label?: Int32Array) {
        const found = await predictVariance(x, level, forModel(label));
        await guide(found.prediction, x, level, label);
        return found;
      },
    }),
  };
}
