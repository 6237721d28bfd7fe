import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPacked } from './support/packed.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const conditions = { node: [], browser: ['--conditions=browser'] };
const entries = ['node', 'browser'] as const;
type Entry = (typeof entries)[number];

let folder: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-packed-'));
  files = await installPacked(folder);
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a module in a Node process of its own, in the folder; what it prints. */
async function node(entry: Entry, code: string): Promise<string> {
  const args = [...conditions[entry], '--input-type=module', '--eval', code];
  return (await run(process.execPath, args, { cwd: folder })).stdout.trim();
}

test('the tarball holds what runs, its types, its sources and its licence', async () => {
  expect(files.filter((file) => !/^(dist|src)\//.test(file)).sort()).toEqual([
    'LICENSE',
    'README.md',
    'package.json',
  ]);
  expect(files.filter((file) => /\.test\.|testing|tsbuildinfo/.test(file))).toEqual([]);
  for (const entry of entries)
    for (const file of [`dist/${entry}.js`, `dist/${entry}.d.ts`, `src/${entry}.ts`])
      expect(files).toContain(file);
  const licence = (path: string) => readFile(join(root, path), 'utf8');
  expect(await licence('runtime/LICENSE')).toBe(await licence('LICENSE'));
});

test('the README in the tarball links to nothing that is not in it', async () => {
  const readme = await readFile(join(root, 'runtime/README.md'), 'utf8');
  const targets = [...readme.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) => target!);
  expect(targets.filter((target) => !files.includes(target))).toEqual([]);
});

// What an import could change, a line for each thing: globals and what they hold, listeners of the process, its environment,
// and what keeps it alive, but for the reading of the modules themselves.
const world = `
  const members = (owner) => (Object(owner) === owner ? Reflect.ownKeys(owner).map(String) : []);
  const world = () => [
    ...Reflect.ownKeys(globalThis).map((key) => {
      const { value } = Object.getOwnPropertyDescriptor(globalThis, key);
      return [String(key), ...members(value), ...members(value?.prototype)].join();
    }),
    ...process.eventNames().map((name) => 'listeners of ' + String(name) + ': ' + process.listenerCount(name)),
    ...Object.entries(process.env).map((entry) => entry.join('=')),
    ...process.getActiveResourcesInfo().filter((name) => !/^(CloseReq|FSReq.*)$/.test(name)),
  ];
`;

describe.each(entries)('the entry for %s, imported in Node', (entry) => {
  test('changes nothing, starts nothing and asks for no ONNX Runtime', async () => {
    const code = `${world}
      await import('node:worker_threads'); // Node's own modules may settle in first
      const before = world();
      const runtime = await import('@scorebridge/runtime');
      const after = world();
      const changed = [...before.filter((line) => !after.includes(line)), ...after.filter((line) => !before.includes(line))];
      console.log(JSON.stringify({ changed, window: typeof window, names: Object.keys(runtime) }));`;
    const said = JSON.parse(await node(entry, code)) as Record<string, unknown>;
    expect(said.changed).toEqual([]);
    expect(said.window).toBe('undefined');
    expect(said.names).toEqual(expect.arrayContaining(['loadModel', 'sample', 'ddpm', 'createSession']));
  });

  test('samples a closed form without ONNX Runtime', async () => {
    const code = `
      import { ddim, sample } from '@scorebridge/runtime';
      const schedule = { name: 'cosine', s: 0.008, T: 100 };
      const card = { shape: [2], valueRange: [-4, 4], process: { kind: 'vp', schedule }, parametrisation: 'score', classes: null };
      const source = { card, predict: async (x) => x.map((value) => -value) };
      const { samples } = await sample(source, { sampler: ddim(), steps: 10, count: 3, seed: 1 }).result;
      console.log(samples.length, samples.every(Number.isFinite));`;
    expect(await node(entry, code)).toBe('6 true');
  });
});

test('where ONNX Runtime is missing, loading a model says which package to add', async () => {
  const code = `
    import { createSession } from '@scorebridge/runtime';
    await createSession(new Uint8Array(1)).catch(({ message }) => console.log(message));`;
  expect(await node('node', code)).toMatch(/install it: npm install onnxruntime-node\.$/);
});

describe('types', () => {
  const use = `
    import { ddpm, loadModel, sample, type ScoreModel } from '@scorebridge/runtime';
    const model: ScoreModel = await loadModel('mnist.onnx');
    const samples: Float32Array = (await sample(model, { sampler: ddpm(), count: 1, seed: 1 }).result).samples;
    console.log(samples);
    // @ts-expect-error a sampler is a value, not a name
    sample(model, { sampler: 'ddpm', count: 1, seed: 1 });
  `;
  const cached = `import { loadModel } from '@scorebridge/runtime'; await loadModel('mnist.onnx', { worker: true, cache: 'models' });`;

  async function problems(code: string, options: object): Promise<string> {
    const compilerOptions = {
      ...{ strict: true, noEmit: true, target: 'es2022', lib: ['es2023', 'dom', 'dom.iterable'] },
      ...{ types: [], ...options },
    };
    await writeFile(join(folder, 'use.ts'), code);
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch(
      (error: { stdout: string }) => error,
    );
    return stdout;
  }
  const node16 = { module: 'node16', moduleResolution: 'node16' };
  const bundler = { module: 'esnext', moduleResolution: 'bundler' };
  const page = { ...bundler, customConditions: ['browser'] };

  test.each([node16, bundler, page])('compile with %o', async (options) => {
    expect(await problems(use, options)).toBe('');
  });

  test('have what only a page has where the code is not for Node alone', async () => {
    for (const options of [page, bundler]) expect(await problems(cached, options)).toBe('');
    for (const options of [node16, { ...bundler, customConditions: ['node'] }])
      expect(await problems(cached, options)).toMatch(/'cache' does not exist/);
  });
});
