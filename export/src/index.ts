export { compile, type CompileOptions, type CompiledFunction } from './compile/compile.js';
export type { HostTensor } from './compile/host-tensor.js';
export { inLayer } from './graph/source.js';
export { saveOnnx } from './onnx/save.js';
export type { WrittenModel } from './onnx/write.js';
export { exportFunction, type ExportOptions } from './score-model/export-function.js';
export { exportGradient, type ScalarFunction } from './score-model/export-gradient.js';
export { exportScoreVjp } from './score-model/export-score-vjp.js';
export {
  exportSampler,
  type ExportSamplerOptions,
  type WrittenSampler,
} from './sampler-graph/export-sampler.js';
export { exportScoreModel, type Prediction, type ScoreFunction } from './score-model/export-score-model.js';
export { trace, type InputSpec, type Trace, type TraceOptions, type TracedFunction } from './trace/trace.js';
export { ifElse, whileLoop, type Tensors } from './trace/control-flow.js';
export { registerOnnxRuntimeBackend, type OnnxRuntimeBackendOptions } from './eager/register.js';
