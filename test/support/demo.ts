import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';

const demo = fileURLToPath(new URL('../../web-demo/', import.meta.url));

/** A model for the page to offer: an entry of its `index.json`, and the bytes of the file. */
export interface OfferedModel {
  readonly id: string;
  readonly steps: number;
  readonly guidance?: number;
  readonly bytes: Uint8Array;
}

/**
 * Builds the page and serves it on loopback as `vite preview` does, which is to say with the headers of
 * web-demo/vite.config.ts; with these models in place of its own, if any are given.
 */
export async function serveDemo(
  models?: readonly OfferedModel[],
): Promise<{ url: string; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'scorebridge-demo-'));
  const publicDir = models === undefined ? join(demo, 'public') : join(folder, 'public');
  const outDir = join(folder, 'dist');
  if (models !== undefined) await writeModels(join(publicDir, 'models'), models);
  const config = { root: demo, configFile: join(demo, 'vite.config.ts'), logLevel: 'error' } as const;
  await build({ ...config, publicDir, build: { outDir, emptyOutDir: true } });
  const server = await preview({ ...config, build: { outDir }, preview: { host: '127.0.0.1', port: 0 } });
  return {
    url: server.resolvedUrls!.local[0]!,
    async close() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function writeModels(folder: string, models: readonly OfferedModel[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const index = models.map(({ bytes, ...entry }) => ({
    title: entry.id,
    note: '',
    file: `${entry.id}.onnx`,
    ...entry,
  }));
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
  for (const { id, bytes } of models) await writeFile(join(folder, `${id}.onnx`), bytes);
}
