import type { LogProbability } from '../sampling/classifier-guided.js';
import { Lock } from '../providers/lock.js';
import {
  type CreateSession,
  type CreateSessionOptions,
  firstLine,
  ProviderUnavailableError,
} from '../providers/provider.js';
import { ModelError } from './model-error.js';
import { ModelReleasedError } from './model-released-error.js';
import type { ModelFile } from './open-model.js';

/** A number of each sample and its gradient, loaded from a file that `exportGradient` wrote. */
export interface GradientModel {
  /**
   * log p(label given x at the level) and its gradient by x, as `classifierGuided` asks for it.
   *
   * @param x [batch, ...shape].
   * @param level one for all, or one a sample.
   * @param label [batch].
   */
  logProbability(
    x: Float32Array,
    level: number | Float32Array,
    label: Int32Array,
  ): Promise<Required<LogProbability>>;
  /** Frees the session; calls reject afterwards. */
  release(): Promise<void>;
}

/** @throws ModelError if the file does not load, or is not one of a gradient; ProviderUnavailableError */
export async function openGradient(
  createSession: CreateSession,
  { file }: ModelFile,
  options: CreateSessionOptions,
): Promise<GradientModel> {
  const { session, Tensor } = await createSession(file, options).catch((error: unknown) => {
    if (error instanceof ProviderUnavailableError) throw error;
    throw new ModelError(`ONNX Runtime does not load the gradient: ${firstLine(error)}.`, { cause: error });
  });
  const names = [...session.inputNames, ...session.outputNames];
  const missing = ['x', 'level', 'label', 'value', 'gradient'].find((name) => !names.includes(name));
  if (missing) {
    await session.release();
    throw new ModelError(`Not a gradient: it has no '${missing}'; export one with exportGradient.`);
  }
  const lock = new Lock();
  let released = false;
  return {
    async logProbability(x, level, label) {
      if (released) throw new ModelReleasedError();
      const batch = label.length;
      const input = session.inputMetadata.find(({ name }) => name === 'x');
      const shape = input?.isTensor ? input.shape.slice(1).map(Number) : [];
      const size = shape.reduce((a, b) => a * b, 1);
      if (x.length !== batch * size)
        throw new RangeError(
          `x has ${x.length} numbers; expected ${batch * size}, ${batch} of shape [${shape.join(', ')}].`,
        );
      const levels = typeof level === 'number' ? new Float32Array(batch).fill(level) : level;
      const feeds = {
        x: new Tensor('float32', x, [batch, ...shape]),
        level: new Tensor('float32', levels, [batch]),
        label: new Tensor('int32', label, [batch]),
      };
      const { value, gradient } = await lock.run(() => session.run(feeds, ['value', 'gradient']));
      return {
        value: (await value!.getData(true)) as Float32Array,
        gradient: (await gradient!.getData(true)) as Float32Array,
      };
    },
    async release() {
      if (released) return;
      released = true;
      await lock.run(() => session.release());
    },
  };
}
