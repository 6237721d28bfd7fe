import type * as tf from '@tensorflow/tfjs-core';
import type { GraphModel, loadGraphModelSync } from '@tensorflow/tfjs-converter';
import type { AttrValue, NodeDef } from './graph-def.js';

/**
 * Runs a single node of a graph model by TensorFlow.js's own reading of its op and attributes: as a graph model that
 * holds this node alone and placeholders for what it reads. TensorFlow.js runs whole graphs only where no op in them
 * waits for a value, and says in its errors what ONNX users cannot act on; so the walk over the graph is ours.
 */
export class OneNode {
  private readonly model: GraphModel<tf.io.IOHandlerSync>;
  private readonly outputs: string[];

  /** @param count how many outputs of it are read */
  constructor(load: typeof loadGraphModelSync, node: NodeDef, count: number) {
    const placeholders = node.inputs.map((_, i) => ({ name: `in${i}`, op: 'Placeholder', attr: {} }));
    const topology = {
      node: [
        ...placeholders,
        { name: 'node', op: node.op, input: placeholders.map(({ name }) => name), attr: copyOf(node.attr) },
      ],
      versions: {},
    };
    this.model = load({ modelTopology: topology, weightSpecs: [], weightData: new ArrayBuffer(0) });
    this.outputs = Array.from({ length: count }, (_, i) => `node:${i}`);
  }

  run(inputs: readonly tf.Tensor[]): tf.Tensor[] {
    const named = Object.fromEntries(inputs.map((tensor, i) => [`in${i}`, tensor]));
    const made = this.model.execute(named, this.outputs);
    return Array.isArray(made) ? made : [made];
  }

  dispose(): void {
    this.model.dispose();
  }
}

/** Without what TensorFlow.js reads itself and we have checked: a fresh object, since it writes to what it is given. */
const copyOf = (attr: NodeDef['attr']): Record<string, AttrValue> => ({ ...attr });
