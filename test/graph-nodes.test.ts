import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { exportFunction } from '@scorebridge/export';
import { convertModel } from '@scorebridge/export/convert';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { NETS } from './nets/nets.js';
import { countNodes } from './support/count-nodes.js';

beforeAll(() => tf.setBackend('cpu'));

/** What `npm run bench:graphs` found: how many nodes tf2onnx makes of each network, or why it does not. */
const { opset, nodes: theirs } = JSON.parse(
  readFileSync(new URL('nets/tf2onnx-nodes.json', import.meta.url), 'utf8'),
) as { opset: number; nodes: Record<string, number | string> };

/** Networks with more nodes than tf2onnx makes of them, and why. */
const MORE: Readonly<Record<string, string>> = {
  hardRecurrent:
    "tf2onnx's LSTM with hard sigmoids for gates is none that ONNX Runtime's WebGPU provider opens; the steps are.",
};

async function nodesOf(name: string): Promise<number> {
  if (name === 'basic-pitch') {
    const path = createRequire(import.meta.url).resolve('@spotify/basic-pitch/model/model.json');
    const { model, source } = await convertModel(path, { opset });
    source.dispose();
    return countNodes(model);
  }
  const { fn, inputs, dispose } = NETS[name]!();
  const { model } = exportFunction(fn, inputs, { opset });
  dispose();
  return countNodes(model);
}

test('tf2onnx was asked about every network', () => {
  expect(Object.keys(theirs).sort()).toEqual([...Object.keys(NETS), 'basic-pitch'].sort());
});

const counted = Object.entries(theirs).filter(([name, nodes]) => typeof nodes === 'number' && !MORE[name]);
test.each(counted)('%s has no more nodes than the %i that tf2onnx makes', async (name, nodes) => {
  expect(await nodesOf(name)).toBeLessThanOrEqual(nodes as number);
});
