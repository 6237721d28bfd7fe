/** The backends that the specs find: `onnxruntime`, and tfjs's own `cpu`, which a few of them ask for. */
import { registerOnnxRuntimeBackend } from '@scorebridge/export';
import '@tensorflow/tfjs-backend-cpu';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';

export const backend = 'onnxruntime';
const provider = process.env['CONFORMANCE_PROVIDER'] as 'cpu';
await registerOnnxRuntimeBackend({ provider, threads: 1 });
setTestEnvs([{ name: backend, backendName: backend, isDataSync: false }]);
