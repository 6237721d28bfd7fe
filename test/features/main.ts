/**
 * Runs every use of every kernel and writes what it finds to `measured.json`, and from that export/FEATURES.md:
 * `npm run features -w export`. Without a browser that brings SwiftShader, and without a GPU, the outcomes on WebGPU stay.
 *
 *   --check   writes nothing and exits with 1 where anything that runs on the CPU came out otherwise
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { examples } from '../../export/src/testing/examples/index.js';
import { swiftShader } from '../support/browser.js';
import type { CpuFeatures, Measured, WebgpuFeatures } from './kernel-features.js';
import { measureCpu } from './measure-cpu.js';
import { measureWebgpu } from './measure-webgpu.js';
import { FEATURES, printMeasured, readMeasured, versions, writeMeasured } from './measured.js';
import { featuresTable } from './table.js';

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;

await tf.setBackend('cpu');
const cpu = new Map<string, CpuFeatures>();
for (const [kernel, lines] of examples) cpu.set(kernel, await measureCpu(kernel, lines));

async function knownWebgpu(): Promise<ReadonlyMap<string, WebgpuFeatures>> {
  const { kernels } = await readMeasured();
  return new Map(Object.entries(kernels).map(([kernel, { webgpu }]) => [kernel, webgpu]));
}

const measures = !check && swiftShader !== undefined;
if (!check && !measures) console.log('No SwiftShader was found: what is known of WebGPU stays as it is.');
const webgpu = await (measures ? measureWebgpu() : knownWebgpu());

const kernels = Object.fromEntries(
  [...cpu].map(([kernel, found]) => {
    const onWebgpu = webgpu.get(kernel);
    if (onWebgpu === undefined) throw new Error(`Nothing is known of ${kernel} on WebGPU: install Chromium.`);
    return [kernel, { ...found, webgpu: onWebgpu }];
  }),
);
const measured: Measured = { ...versions, kernels };

if (check) {
  const [known, found] = [printMeasured(await readMeasured()), printMeasured(measured)].map((text) =>
    text.split('\n'),
  ) as [string[], string[]];
  const changed = found.filter((line) => !known.includes(line));
  for (const line of changed) console.log(line);
  if (changed.length === 0 && known.length === found.length) {
    console.log(`${Object.keys(kernels).length} kernels are as they were measured`);
  } else {
    console.log(`\n${changed.length} lines of measured.json are stale: npm run features -w export`);
    process.exitCode = 1;
  }
} else {
  await writeMeasured(measured);
  await writeFile(FEATURES, featuresTable(measured));
  console.log(`${Object.keys(kernels).length} kernels`);
}
