import { createSession } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import { emit } from '../../graph/ops.js';
import { Value, topological } from '../../graph/graph.js';
import { writeOnnx } from '../../onnx/write.js';

const CHANNELS = 16;

let probed: Promise<number | undefined> | undefined;

/**
 * How many channels ONNX Runtime's CPU kernels keep side by side: 16 with AVX-512, 8 with AVX2. Undefined where they
 * have no blocked layout, or another one than is known here; found by looking at what ReorderInput does to known data.
 */
export const blockSize = (): Promise<number | undefined> => (probed ??= probe().catch(() => undefined));

async function probe(): Promise<number | undefined> {
  const x = new Value('float32', [[1, CHANNELS, 1, 2]]);
  x.name = 'x';
  const y = emit(
    'com.microsoft.nchwc:ReorderInput',
    [x],
    { dtype: 'float32', shapes: x.shapes },
    { channels_last: 0 },
  );
  const { model } = writeOnnx({ inputs: [x], outputs: [{ name: 'y', value: y }], nodes: topological([y]) });
  // Severity 4: where the operator does not exist, that is an answer, not a warning.
  const { session } = await createSession(model, {
    provider: 'cpu',
    sessionOptions: { logSeverityLevel: 4 },
  });
  const values = Float32Array.from({ length: 2 * CHANNELS }, (_, i) => i);
  const results = await session.run({ x: new Tensor('float32', values, [1, CHANNELS, 1, 2]) });
  await session.release();
  const found = [...(results['y']!.data as Float32Array)];
  return [8, 16].find((block) => found.every((v, i) => v === blocked(i, block)));
}

/** What stands at place i of the blocked form of [1, CHANNELS, 1, 2] filled with 0, 1, 2 ... */
function blocked(i: number, block: number): number {
  const channel = Math.floor(i / (2 * block)) * block + (i % block);
  const column = Math.floor(i / block) % 2;
  return 2 * channel + column;
}
