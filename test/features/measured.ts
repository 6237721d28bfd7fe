import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Measured } from './kernel-features.js';

const path = fileURLToPath(new URL('measured.json', import.meta.url));
const require = createRequire(import.meta.url);
const versionOf = (name: string) => (require(`${name}/package.json`) as { version: string }).version;

export const FEATURES = fileURLToPath(new URL('../../export/FEATURES.md', import.meta.url));

/** The versions that are installed. */
export const versions = {
  tfjs: versionOf('@tensorflow/tfjs-core'),
  onnxruntime: versionOf('onnxruntime-node'),
};

export const readMeasured = async (): Promise<Measured> =>
  JSON.parse(await readFile(path, 'utf8')) as Measured;

/** A kernel a line, so that a change shows as what it is. */
export function printMeasured({ kernels, ...rest }: Measured): string {
  const lines = Object.keys(kernels)
    .sort()
    .map((name) => `    ${JSON.stringify(name)}: ${JSON.stringify(kernels[name])}`);
  const head = Object.entries(rest).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return `{\n${[...head, `  "kernels": {\n${lines.join(',\n')}\n  }`].join(',\n')}\n}\n`;
}

export const writeMeasured = (measured: Measured): Promise<void> => writeFile(path, printMeasured(measured));
