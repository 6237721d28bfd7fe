/** Writes the fingerprints of the reproducible samples, drawn on Node's cpu in one batch. `npm run reproducible`. */
import { rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { loadModel, sample } from '@scorebridge/runtime';
import { caseName, type Fingerprint, fingerprint, reproducibleCases } from './reproducible.js';

const table: Record<string, Fingerprint> = {};
for (const entry of reproducibleCases) {
  const path = fileURLToPath(new URL(`../../web-demo/public/models/${entry.model}`, import.meta.url));
  const model = await loadModel(path, { provider: 'cpu' });
  const { samples } = await sample(model, entry.options).result;
  await model.release();
  table[caseName(entry)] = await fingerprint(samples, entry.options.count);
  console.log(caseName(entry));
}
const file = new URL('reproducible.json', import.meta.url);
const unfinished = new URL('reproducible.json.part', import.meta.url);
await writeFile(unfinished, `${JSON.stringify(table, null, 2)}\n`);
await rename(unfinished, file);
