import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { fakeWheel, hasPip, wheelFile } from '../testing/fake-wheel.js';
import { TFJS_NODE, type Wheel } from './pins.js';
import { findTensorFlow, setupFolder, tensorFlowFolder } from './placement.js';
import { removeTensorFlow, setUpTensorFlow, type SetUpTensorFlowOptions } from './tensorflow.js';

let place: string;
let cache: string;
let index: string;
let wheels: { tensorflow: Wheel; cuda: Wheel };
let built: string[];
let tested: string[];
const report = { usesGpu: false, device: 'cpu', tensorflow: '2.21.0' };

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  cache = join(place, 'cache');
  index = join(place, 'index');
  [built, tested] = [[], []];
  vi.stubEnv('SCOREBRIDGE_CACHE', cache);
  return async () => {
    vi.unstubAllEnvs();
    await rm(place, { recursive: true });
  };
});

/** Programs of these names, each a line of shell, and no others on the PATH. */
async function onPath(programs: Record<string, string>) {
  const bin = join(place, 'bin');
  await mkdir(bin);
  for (const [name, line] of Object.entries(programs))
    await writeFile(join(bin, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  vi.stubEnv('PATH', bin);
}

describe('what is missing is named before anything is fetched', () => {
  const refused = (options: Partial<SetUpTensorFlowOptions> = {}) =>
    setUpTensorFlow({
      note: () => expect.unreachable(),
      ...options,
      parts: { platform: 'linux-x64', ...options.parts },
    });

  test.each<[string, Record<string, string>, RegExp]>([
    ['no Python', {}, /^No Python is on the PATH, .*apt install python3-pip/],
    ['a Python without pip', { python3: 'exit 1' }, /^python3 has no pip, .*-m ensurepip/],
    ['no compiler', { python3: 'exit 0' }, /^No C\+\+ compiler is on the PATH, .*apt install g\+\+/],
    [
      'a compiler that does not run',
      { python: 'exit 0', 'c++': 'exit 1' },
      /^No C\+\+ compiler is on the PATH/,
    ],
  ])('%s', async (_, programs, message) => {
    await onPath(programs);
    vi.stubEnv('CXX', undefined);
    await expect(refused()).rejects.toThrow(message);
    expect(existsSync(cache)).toBe(false);
  });

  test('a folder of wheels that is not there', async () => {
    await onPath({ python3: 'exit 0', 'c++': 'exit 0' });
    await expect(refused({ offline: join(place, 'nowhere') })).rejects.toThrow(
      /^There is no folder .*nowhere: name one that holds the wheels with --offline\.$/,
    );
    expect(existsSync(cache)).toBe(false);
  });

  test('a platform that it cannot be built on', async () => {
    await expect(refused({ parts: { platform: 'win32-x64' } })).rejects.toThrow(
      /^The addon of tfjs-node can be built on Linux x64 alone, not on win32-x64: /,
    );
  });

  test('a cache that cannot be written', async () => {
    await onPath({ python3: 'exit 0', 'c++': 'exit 0' });
    await writeFile(cache, '');
    await expect(refused()).rejects.toThrow(
      /^Cannot write to the cache .*: set SCOREBRIDGE_CACHE to a folder/,
    );
  });
});

describe.skipIf(!hasPip)('with pip', { tags: ['long'] }, () => {
  beforeEach(async () => {
    // pip takes the folder for its index.
    vi.stubEnv('PIP_NO_INDEX', '1');
    vi.stubEnv('PIP_FIND_LINKS', index);
    vi.stubEnv('CXX', 'true');
    const tensorflow = await fakeWheel(index, 'tensorflow-cpu', {
      'tensorflow/libtensorflow_cc.so.2': 'c',
      'tensorflow/libtensorflow_framework.so.2': 'framework',
      'tensorflow/include/tensorflow/c/c_api.h': 'header',
      'tensorflow/python/training.py': 'python',
      'tensorflow/THIRD_PARTY_NOTICES.txt': 'licences',
    });
    wheels = { tensorflow, cuda: await fakeWheel(index, 'nvidia-x', { 'nvidia/x/lib/libx.so.1': 'x' }) };
  });

  const run = (options: Partial<SetUpTensorFlowOptions> = {}) =>
    setUpTensorFlow({
      note: () => undefined,
      ...options,
      parts: {
        platform: 'linux-x64',
        wheels: {
          cpu: { wheels: [wheels.tensorflow], size: '' },
          gpu: { wheels: [wheels.tensorflow, wheels.cuda], size: '' },
        },
        install: async (_, folder) => {
          const manifest = await readFile(join(folder, 'package.json'), 'utf8');
          expect(JSON.parse(manifest)).toMatchObject({
            dependencies: { '@tensorflow/tfjs-node-gpu': TFJS_NODE, '@tensorflow/tfjs-node': TFJS_NODE },
          });
          await mkdir(join(folder, 'node_modules', '@tensorflow', 'tfjs-node-gpu'), { recursive: true });
        },
        build: async ({ root }) => {
          expect(existsSync(join(root, 'tensorflow', 'include', 'tensorflow', 'c', 'c_api.h'))).toBe(true);
          built.push(root);
        },
        test: async (name, folder) => {
          tested.push(`${name} ${folder === findTensorFlow() ? 'in place' : 'before'}`);
          return report;
        },
        ...options.parts,
      },
    });
  const left = async () => (await readdir(setupFolder(), { recursive: true })).sort();

  test('builds, tests, and only then puts in place the libraries and nothing else', async () => {
    const result = await run();
    const folder = tensorFlowFolder('cpu');
    expect(result).toEqual({ ...report, engine: 'tfjs-node-gpu', source: 'built', folder });
    expect(tested).toEqual(['tfjs-node before', 'tfjs-node-gpu before']);
    expect((await readdir(join(folder, 'tensorflow'))).sort()).toEqual([
      'THIRD_PARTY_NOTICES.txt',
      'libtensorflow_cc.so.2',
      'libtensorflow_framework.so.2',
    ]);
    expect((await readdir(join(folder, 'node_modules', '@tensorflow'))).sort()).toEqual([
      'tfjs',
      'tfjs-core',
      'tfjs-node-gpu',
    ]);
    expect(await readdir(setupFolder())).toEqual([folder.slice(setupFolder().length + 1)]);
    expect(findTensorFlow()).toBe(folder);
  });

  test('for GPUs has CUDA beside it, and is taken before the other', async () => {
    await run();
    const { folder } = await run({ gpu: true });
    expect(await readFile(join(folder, 'nvidia', 'x', 'lib', 'libx.so.1'), 'utf8')).toBe('x');
    expect(findTensorFlow()).toBe(folder);
    expect(await readdir(setupFolder())).toHaveLength(2);
  });

  test('does nothing again where it works, and builds anew where it does not', async () => {
    await run();
    expect((await run()).source).toBe('built before');
    expect(built).toHaveLength(1);
    let broken = true;
    const test = async () => {
      if (broken) {
        broken = false;
        throw new Error('libtensorflow has gone');
      }
      return report;
    };
    const notes: string[] = [];
    const note = (text: string) => void notes.push(text);
    expect((await run({ note, parts: { test } })).source).toBe('built');
    expect(notes[0]).toContain('does not work any more (libtensorflow has gone)');
    expect(built).toHaveLength(2);
  });

  test('a damaged download is refused, and nothing of it is left', async () => {
    await appendFile(join(index, wheelFile(wheels.tensorflow)), 'x');
    await expect(run()).rejects.toThrow(/^The wheel tensorflow-cpu 1\.0 is damaged, .*SHA-256/);
    expect(await left()).toEqual(['wheels']);
    expect(built).toEqual([]);
  });

  test('a wheel that was damaged in the cache is fetched anew', async () => {
    await mkdir(join(setupFolder(), 'wheels'), { recursive: true });
    await writeFile(join(setupFolder(), 'wheels', wheelFile(wheels.tensorflow)), 'half');
    expect((await run()).source).toBe('built');
  });

  test('a wheel that cannot be fetched is named', async () => {
    await rm(join(index, wheelFile(wheels.cuda)));
    await expect(run({ gpu: true })).rejects.toThrow(
      /^The wheel nvidia-x 1\.0 is missing: pip cannot fetch it .*--offline DIR\.$/,
    );
    expect(await left()).toEqual(['wheels', join('wheels', wheelFile(wheels.tensorflow))]);
  });

  test('--offline takes wheels from a folder, and names one that is not there', async () => {
    vi.stubEnv('PIP_FIND_LINKS', join(place, 'nowhere'));
    await rm(join(index, wheelFile(wheels.cuda)));
    await expect(run({ offline: index, gpu: true })).rejects.toThrow(
      /^The wheel nvidia-x 1\.0 is missing: it is not in .*index: put it there \(pip download .* nvidia-x==1\.0\)\.$/,
    );
    expect(await left()).toEqual([]);
    expect((await run({ offline: index })).source).toBe('built');
    expect(await readdir(index)).toEqual([wheelFile(wheels.tensorflow)]);
  });

  test('interrupted, it leaves whole wheels alone, and the next run takes them up', async () => {
    const interrupt = new AbortController();
    const build = async () => {
      interrupt.abort(new Error('Interrupted.'));
      throw interrupt.signal.reason as Error;
    };
    const running = run({ signal: interrupt.signal, parts: { build } });
    await expect(running).rejects.toThrow('Interrupted.');
    const wheel = join('wheels', wheelFile(wheels.tensorflow));
    expect(await left()).toEqual(['wheels', wheel]);
    // As after a kill that nothing could be tidied up after.
    await mkdir(join(setupFolder(), 'staging', 'root', 'tensorflow'), { recursive: true });
    expect((await run()).source).toBe('built');
    expect(await readdir(setupFolder())).toHaveLength(1);
  });

  test('a build that fails its test is not put in place', async () => {
    const test = () => Promise.reject(new Error('2 x 2 comes out as 5'));
    await expect(run({ parts: { test } })).rejects.toThrow('2 x 2 comes out as 5');
    expect(findTensorFlow()).toBeUndefined();
  });

  test('what npm cannot install is named', async () => {
    const install = () => Promise.reject(new Error('no such host'));
    await expect(run({ parts: { install } })).rejects.toThrow(
      /^npm cannot install @tensorflow\/tfjs-node-gpu@.* \(no such host\): check the network\.$/,
    );
    expect(await left()).toEqual([]);
  });

  test('two at once: one is at work, the other says so', async () => {
    const outcomes = await Promise.allSettled([run(), run()]);
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failed).toHaveLength(1);
    expect(String(failed[0]!.reason)).toContain('Another set-up is at work');
    expect(findTensorFlow()).toBeDefined();
  });

  test('--remove removes all of it, and says what', async () => {
    expect(await removeTensorFlow()).toEqual([]);
    const { folder } = await run();
    expect(await removeTensorFlow()).toEqual([folder]);
    expect(existsSync(setupFolder())).toBe(false);
  });
});
