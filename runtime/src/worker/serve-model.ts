import type { Progress } from '../model/load-options.js';
import type { ScoreModel } from '../model/score-model.js';
import { toPlainError } from './errors.js';
import { type About, type Loaded, METHODS, type Reply, type Request } from './messages.js';

/**
 * The worker's side of `hostModel`: one model, asked one thing at a time.
 *
 * @param post sends a reply.
 * @param load loads the model.
 * @param about what the host is told of it.
 * @returns what takes a request.
 */
export function serveModel<Source, Options, M extends ScoreModel>(
  post: (reply: Reply, transfer: ArrayBuffer[]) => void,
  load: (source: Source, options: Options & { onProgress: (progress: Progress) => void }) => Promise<M>,
  about: (model: M) => About,
): (request: Request<Source, Options>) => void {
  let model: M | undefined;

  async function answer(request: Request<Source, Options>): Promise<void> {
    const { id } = request;
    switch (request.method) {
      case 'load': {
        const onProgress = (progress: Progress) => post({ progress }, []);
        const loaded = (model = await load(request.source, { ...request.options, onProgress }));
        const methods = METHODS.filter((method) => loaded[method]);
        return post({ id, value: { about: about(loaded), methods } satisfies Loaded<About> }, []);
      }
      case 'predict': {
        const [x, level, label] = request.args;
        // In memory that can be given away, which that of ONNX Runtime cannot everywhere.
        const value = await model!.predict(x, level, label, new Float32Array(x.length));
        return post({ id, value }, [value.buffer as ArrayBuffer]);
      }
      case 'evaluate':
        return post({ id, value: await model!.evaluate!(...request.args) }, []);
      case 'predictVariance':
        return post({ id, value: await model!.predictVariance!(...request.args) }, []);
      case 'vjp':
        return post({ id, value: await model!.vjp!(...request.args) }, []);
      case 'release':
        await model?.release();
        return post({ id, value: undefined }, []);
    }
  }

  return (request) => {
    answer(request).catch((error: unknown) => post({ id: request.id, error: toPlainError(error) }, []));
  };
}
