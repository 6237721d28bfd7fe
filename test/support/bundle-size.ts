import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
const entry = '\0entry';

/** What a page may import of the runtime, and the most that it may weigh, in bytes. */
export const PARTS = [
  {
    name: 'DDPM and annealed Langevin',
    code: `export { annealedLangevin, ddpm, loadModel, sample } from '@scorebridge/runtime';`,
    limit: 20_000,
  },
  { name: 'everything', code: `export * from '@scorebridge/runtime';`, limit: 40_000 },
] as const;

/**
 * Bytes of this module and all that it imports but ONNX Runtime, as Vite bundles it for a page: minified, gzipped, and
 * gzipped what is fetched beside it once it is asked for (chains on a GPU, models from elsewhere, a worker).
 */
export async function bundleSize(
  code: string,
): Promise<{ minified: number; gzipped: number; later: number }> {
  const result = (await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: {
        input: entry,
        external: /^onnxruntime-/,
        preserveEntrySignatures: 'strict',
      },
    },
  })) as Rolldown.RolldownOutput;
  const chunks = result.output.filter((file) => file.type === 'chunk');
  const atOnce = new Set<string>();
  const follow = (chunk: Rolldown.OutputChunk) => {
    if (atOnce.has(chunk.fileName)) return;
    atOnce.add(chunk.fileName);
    for (const other of chunks) if (chunk.imports.includes(other.fileName)) follow(other);
  };
  chunks.filter(({ isEntry }) => isEntry).forEach(follow);
  const bytes = (parts: Rolldown.OutputChunk[], of: (code: string) => number) =>
    parts.reduce((sum, { code }) => sum + of(code), 0);
  const gzipped = (code: string) => gzipSync(code, { level: 9 }).length;
  const [first, later] = [true, false].map((wanted) =>
    chunks.filter(({ fileName }) => atOnce.has(fileName) === wanted),
  ) as [Rolldown.OutputChunk[], Rolldown.OutputChunk[]];
  return {
    minified: bytes(first, (code) => Buffer.byteLength(code)),
    gzipped: bytes(first, gzipped),
    later: bytes(later, gzipped),
  };
}
