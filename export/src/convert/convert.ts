import { writeOnnx, type WriteOptions, type WrittenModel } from '../onnx/write.js';
import { forFile } from '../score-model/export-function.js';
import { trace, type InputSpec } from '../trace/trace.js';
import { channelsFirst } from './channels-first.js';
import { fixInputs, type FixedInputs } from './fixed-inputs.js';
import { inputSpecs, type AskedShape, type DimensionName } from './input-specs.js';
import { loadModel, type LoadModelOptions } from './load-model.js';
import { onCpu } from './on-cpu.js';
import type { TfjsModel } from './tfjs-model.js';

export interface ConvertOptions extends LoadModelOptions, Omit<WriteOptions, 'domains' | 'name'> {
  /** Names for dimensions that the model leaves open; by default `batch`, `height`, `width` and the like. */
  readonly dimensions?: readonly DimensionName[];
  /** Shapes of inputs, by name: to pin open sizes, or where the model does not tell any. */
  readonly shapes?: Readonly<Record<string, AskedShape>>;
  /** Inputs that are no inputs of the ONNX model, but have these values, by name. */
  readonly values?: FixedInputs;
  /** Images [batch, height, width, channels] come in as [batch, channels, height, width], as most ONNX models take them. */
  readonly channelsFirstInputs?: boolean;
}

/** A model of TensorFlow.js as ONNX. */
export interface ConvertedModel extends WrittenModel {
  readonly kind: 'graph' | 'layers';
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly outputs: readonly string[];
  /**
   * Why sizes that the model leaves open are numbers, where they are: the batch 1, and others as the model's signature
   * has them, if it cannot be exported otherwise.
   */
  readonly pinnedBecause?: string;
  /** How many nodes the ONNX graph has. */
  readonly nodes: number;
  /** The model itself, as what was written computes it; to be disposed of. */
  readonly source: TfjsModel;
}

/**
 * Makes an ONNX model of a TensorFlow.js model in a file: a graph model or a layers model. Nothing is written. Node
 * only.
 *
 * @param path the model.json
 * @throws Error that says which file, node or size stands in the way
 */
export async function convertModel(path: string, options: ConvertOptions = {}): Promise<ConvertedModel> {
  const { dimensions, shapes, values = {}, imports, signal, onProgress } = options;
  return onCpu(async () => {
    const { kind, model: loaded } = await loadModel(path, { imports, signal, onProgress });
    try {
      const model = fixInputs(loaded, values);
      let first: Error | undefined;
      let tried = '';
      for (const pinning of ['none', 'batch', 'all'] as const) {
        const own = inputSpecs(model.inputs, dimensions, shapes, pinning);
        if (JSON.stringify(own) === tried) continue;
        tried = JSON.stringify(own);
        signal?.throwIfAborted();
        try {
          const made = write(model, own, options);
          return { ...made, kind, ...(first && { pinnedBecause: first.message }) };
        } catch (error) {
          first ??= error as Error;
        }
      }
      throw first!;
    } catch (error) {
      loaded.dispose();
      throw error;
    }
  });
}

/** Traces a model with these inputs, and writes what it does. */
function write(
  loaded: TfjsModel,
  own: Readonly<Record<string, InputSpec>>,
  { channelsFirstInputs, ...options }: ConvertOptions,
): Omit<ConvertedModel, 'kind'> {
  const { model, inputs } = channelsFirstInputs ? channelsFirst(loaded, own) : { model: loaded, inputs: own };
  const { graph } = trace((given) => model.apply(given), inputs, {
    names: model.weights,
    shareWeights: true,
  });
  const lowered = forFile(graph, options.opset);
  return {
    ...writeOnnx(lowered, options),
    inputs,
    outputs: model.outputs,
    nodes: lowered.nodes.length,
    source: model,
  };
}
