import { createSession, type CreateSessionOptions, type Provider } from '@scorebridge/runtime';
import { Value } from '../graph/graph.js';
import { writeOnnx } from '../onnx/write.js';

/** The provider that a session with these options gets: the lowering has to be chosen before the session is made. */
export async function findProvider(options: CreateSessionOptions): Promise<Provider> {
  const x = new Value('float32', [[1]]);
  x.name = 'x';
  const { model } = writeOnnx({ inputs: [x], outputs: [{ name: 'y', value: x }], nodes: [] });
  const { session, provider } = await createSession(model, options);
  await session.release();
  return provider;
}
