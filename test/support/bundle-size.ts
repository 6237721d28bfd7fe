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

/** Bytes of this module and all that it imports but ONNX Runtime, as Vite bundles it for a page: minified, and gzipped. */
export async function bundleSize(code: string): Promise<{ minified: number; gzipped: number }> {
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
  const chunks = result.output.flatMap((file) => (file.type === 'chunk' ? [Buffer.from(file.code)] : []));
  const sum = (sizes: number[]) => sizes.reduce((a, b) => a + b, 0);
  return {
    minified: sum(chunks.map((chunk) => chunk.length)),
    gzipped: sum(chunks.map((chunk) => gzipSync(chunk, { level: 9 }).length)),
  };
}
