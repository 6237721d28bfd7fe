import { createRequire } from 'node:module';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TFJS_NODE } from './pins.js';

// tfjs-node brings its backend to life in the `@tensorflow/tfjs` that it requires. That has to be the one that training
// computes with: a second copy would put the stock gradients, whose second derivatives are wrong, over the corrected
// ones, since tfjs keeps its registries on the global object. A package in the user's cache cannot find the copy of a
// project by the rules of Node, so what lies beside it under that name hands over the one that is running.

const KEY = 'scorebridge.tfjs';
const SHARED = ['tfjs', 'tfjs-core'];

/** Lets the stand-ins that {@link writeStandIns} wrote find the tfjs that this package computes with. */
export function shareTfjs(): void {
  const tfjs = createRequire(import.meta.url)('@tensorflow/tfjs') as unknown;
  (globalThis as Record<symbol, unknown>)[Symbol.for(KEY)] = tfjs;
}

/** Writes packages that stand for `@tensorflow/tfjs` and its core into a folder like `node_modules`. */
export async function writeStandIns(folder: string): Promise<void> {
  for (const name of SHARED) {
    const place = join(folder, '@tensorflow', name);
    await mkdir(place, { recursive: true });
    await writeFile(
      join(place, 'package.json'),
      JSON.stringify({ name: `@tensorflow/${name}`, version: TFJS_NODE, main: 'index.js' }),
    );
    await writeFile(
      join(place, 'index.js'),
      `const tfjs = globalThis[Symbol.for('${KEY}')];\n` +
        "if (!tfjs) throw new Error('This package is loaded through @scorebridge/training.');\n" +
        'module.exports = tfjs;\n',
    );
  }
}
