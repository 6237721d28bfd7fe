import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-common';
import type { ModelCard } from '../card/model-card.js';
import { roundHalfEven } from '../spacing/round-half-even.js';
import type { Bound, BoundConstant, GraphBinding } from './bind-graph.js';
import { ModelError } from './model-error.js';

/** What a score model asks of a session. */
export type ScoreSession = Pick<InferenceSession, 'run' | 'release' | 'outputNames'>;

/**
 * A session of a graph that Scorebridge did not write as one of those that it writes: float32 x [batch, ...shape] and level
 * [batch], int32 label [batch], float32 prediction. Numbers are converted to the types of the graph, levels to what it is
 * told of them, rounded for integers to the nearest, a half to the even one. A graph of a fixed batch is asked again and again,
 * at last with the last sample repeated; one of one level a call for the samples of each level in turn.
 */
export function adaptSession(
  session: InferenceSession,
  Tensor: TensorConstructor,
  binding: GraphBinding,
  { shape, graph }: ModelCard,
): ScoreSession {
  const { sigmaData } = graph?.preconditioning ?? {};
  const size = shape.reduce((a, b) => a * b, 1);
  const tell = (level: number): number =>
    sigmaData !== undefined ? Math.log(level) / 4 : graph?.levelAs === 'index' ? level - 1 : level;
  const tensor = ({ type, pack }: Bound, values: ArrayLike<number>, dims: readonly number[]) =>
    new Tensor(type as 'float32', pack(values) as Float32Array, dims);

  /** The prediction of samples that one call takes, and the padding to as many as it takes. */
  const ask = async (x: Float32Array, levels: Float32Array, labels: Int32Array | undefined) => {
    const [count, batch] = [levels.length, binding.batch ?? levels.length];
    const padded = <T>(values: ArrayLike<T>, row = 1): T[] =>
      Array.from(
        { length: batch * row },
        (_, i) => values[i < count * row ? i : (count - 1) * row + (i % row)]!,
      );
    const told = Array.from(levels, (level) => {
      const told = tell(level);
      return binding.level.whole ? roundHalfEven(told) : told;
    });
    const scaled =
      sigmaData === undefined
        ? x
        : x.map((value, i) => value * cIn(levels[Math.floor(i / size)]!, sigmaData));
    const feeds: Record<string, Tensor> = {
      [binding.x.name]: tensor(binding.x, batch === count ? scaled : padded(scaled, size), [batch, ...shape]),
      [binding.level.name]: binding.oneLevel
        ? tensor(binding.level, [told[0]!], binding.oneLevel)
        : tensor(binding.level, padded(told), [batch, ...binding.level.rest]),
    };
    if (binding.label && labels)
      feeds[binding.label.name] = tensor(binding.label, padded(labels), [batch, ...binding.label.rest]);
    for (const constant of binding.constants)
      feeds[constant.name] = constantTensor(constant, batch, labels && padded(labels));
    const { name, unpack } = binding.prediction;
    const output = (await session.run(feeds, [name]))[name]!;
    const prediction = unpack((await output.getData(true)) as Tensor.DataType);
    if (prediction.length !== batch * size)
      throw new ModelError(
        `The model's '${name}' is [${output.dims.join(', ')}] for ${batch} samples; its card says [batch, ${shape.join(', ')}].`,
      );
    return prediction.subarray(0, count * size);
  };
  const constantTensor = (constant: BoundConstant, batch: number, labels: readonly number[] | undefined) => {
    const { batched, data, dims } = constant;
    if (!batched) return tensor(constant, data, dims);
    const row = data.length / dims[0]!;
    const of = (i: number) => (dims[0] === 1 ? 0 : labels![i]!);
    const rows = Array.from(
      { length: batch * row },
      (_, i) => data[of(Math.floor(i / row)) * row + (i % row)]!,
    );
    return tensor(constant, rows, [batch, ...dims.slice(1)]);
  };

  const predict = async (x: Float32Array, levels: Float32Array, labels: Int32Array | undefined) => {
    const prediction = new Float32Array(x.length);
    let from = 0;
    while (from < levels.length) {
      let to = Math.min(levels.length, from + (binding.batch ?? Infinity));
      if (binding.oneLevel) {
        const other = levels.subarray(from, to).findIndex((level) => level !== levels[from]);
        if (other > 0) to = from + other;
      }
      const rows = x.subarray(from * size, to * size);
      prediction.set(await ask(rows, levels.subarray(from, to), labels?.subarray(from, to)), from * size);
      from = to;
    }
    if (sigmaData !== undefined) {
      for (let i = 0; i < x.length; i++) {
        const [cSkip, cOut] = skipAndOut(levels[Math.floor(i / size)]!, sigmaData);
        prediction[i] = cSkip * x[i]! + cOut * prediction[i]!;
      }
    }
    return prediction;
  };
  return {
    outputNames: ['prediction'],
    async run(feeds) {
      const { x, level, label } = feeds as Record<string, Tensor>;
      const labels = label?.data as Int32Array | undefined;
      const prediction = await predict(x!.data as Float32Array, level!.data as Float32Array, labels);
      return { prediction: new Tensor('float32', prediction, x!.dims) };
    },
    release: () => session.release(),
  };
}

// Karras et al. 2022, table 1.
const cIn = (sigma: number, sigmaData: number) => 1 / Math.hypot(sigma, sigmaData);

const skipAndOut = (sigma: number, sigmaData: number) =>
  [(sigmaData * cIn(sigma, sigmaData)) ** 2, sigma * sigmaData * cIn(sigma, sigmaData)] as const;
