import { exportFunction, exportSampler } from '@scorebridge/export';
import { ddim } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { energyOfGrey, faintSegmentsModel, segmentsModel } from './tiny-models.js';

/** A folder with the models, and what is no model, that tests give to the command. */
export async function modelsFolder(): Promise<string> {
  await tf.setBackend('cpu');
  const folder = await temporaryFolder();
  const model = Buffer.from(segmentsModel());
  const noCard = exportFunction(({ x }) => ({ prediction: tf.neg(x!) }), {
    x: { dtype: 'float32', shape: ['batch', 28, 28, 1] },
  });
  await writeFile(join(folder, 'model.onnx'), model);
  await writeFile(join(folder, 'faint.onnx'), faintSegmentsModel());
  await writeFile(join(folder, 'no-card.onnx'), noCard.model);
  await writeFile(join(folder, 'energy.onnx'), energyOfGrey());
  await writeFile(join(folder, 'whole.onnx'), (await exportSampler(model, ddim(), { steps: 2 })).model);
  await writeFile(
    join(folder, 'newer.onnx'),
    Buffer.from(model.toString('latin1').replace('"format":"1.0"', '"format":"9.0"'), 'latin1'),
  );
  await writeFile(join(folder, 'truncated.onnx'), model.subarray(0, model.length / 2));
  await writeFile(join(folder, 'text.onnx'), 'not a model at all');
  await mkdir(join(folder, 'taken.png'));
  return folder;
}

export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'scorebridge-cli-'));
