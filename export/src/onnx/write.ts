import { VERSION } from '@scorebridge/runtime';
import type { Graph } from '../graph/graph.js';
import { inHalfPrecision } from '../passes/half-precision.js';
import { moveWeightsOut, type ExternalData, type ExternalDataOptions } from './external-data.js';
import { GraphWriter, type GraphOptions } from './graph-writer.js';
import { irVersion, OPSET } from './opsets.js';
import { ModelProto, type Model } from './schema.js';

export interface WriteOptions extends ExternalDataOptions, Omit<GraphOptions, 'opset'> {
  readonly name?: string;
  /** The version of ONNX's operators, from 17 to 21, which is the default. */
  readonly opset?: number;
  /**
   * `float16` for mixed precision: convolutions and products of matrices in half precision, and what stands between them
   * where nothing more is lost by it; inputs and outputs stay float32, and so does what half precision would spoil. The
   * default is float32.
   */
  readonly arithmetic?: 'float32' | 'float16' | undefined;
  /** Key and value pairs that travel in the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Operator sets beyond ONNX's own that the graph uses, for sessions inside this process. */
  readonly domains?: Readonly<Record<string, number>>;
}

export interface WrittenModel {
  readonly model: Uint8Array;
  /** Weights that belong into `externalFile`. */
  readonly external: ExternalData;
  /** The name of the file for those weights, beside the model's, where there are any. */
  readonly externalFile?: string;
}

/**
 * Writes a lowered graph as ONNX.
 *
 * @throws Error if an operator is not in the opset or the opset is none of those known, if the weights exceed 2 GB and no `externalFile` is named, or if a size has no expression in the batch
 */
export function writeOnnx(lowered: Graph, options: WriteOptions = {}): WrittenModel {
  const opset = options.opset ?? OPSET;
  const version = irVersion(opset);
  const writer = new GraphWriter(options.arithmetic === 'float16' ? inHalfPrecision(lowered) : lowered, {
    ...options,
    opset,
  });
  const graph = writer.write(options.name ?? 'scorebridge');
  const external = moveWeightsOut(graph.initializer, options);
  const model: Model = {
    irVersion: version,
    producerName: 'scorebridge',
    producerVersion: VERSION,
    opsetImport: [
      { domain: '', version: opset },
      ...[...writer.domains].map((domain) => ({ domain, version: options.domains?.[domain] ?? 1 })),
    ],
    metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph,
  };
  return {
    model: ModelProto.encode(ModelProto.fromObject(model)).finish(),
    external,
    ...(external.length > 0 && { externalFile: options.externalFile! }),
  };
}
