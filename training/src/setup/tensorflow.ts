import { existsSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findCompiler, findNodeHeaders } from '../tools/compiler.js';
import { npmInstall } from '../tools/npm-install.js';
import { findPip } from '../tools/python.js';
import { buildAddon } from './build-addon.js';
import { NODE_API_HEADERS, TENSORFLOW_WHEELS, TFJS_NODE, type WheelSet } from './pins.js';
import { tensorFlowFolder, type TensorFlowKind } from './placement.js';
import { testTensorFlow, type TensorFlowName, type TensorFlowReport } from './self-test.js';
import { writeStandIns } from './share-tfjs.js';
import { fetchWheels, unpackWheels } from './wheels.js';
import { removeSetup, type Staging, withStaging } from './with-staging.js';

export interface SetUpOptions {
  /** A folder of wheels in place of the network; npm then takes packages from its own cache alone. */
  readonly offline?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  note(text: string): void;
}

export interface SetUpTensorFlowOptions extends SetUpOptions {
  /** For GPUs: with the TensorFlow that has CUDA, and with CUDA and cuDNN themselves. */
  readonly gpu?: boolean;
  /** The parts that tests replace. */
  readonly parts?: Partial<TensorFlowParts>;
}

interface TensorFlowParts {
  readonly platform: string;
  readonly wheels: Readonly<Record<TensorFlowKind, WheelSet>>;
  readonly install: typeof npmInstall;
  readonly build: typeof buildAddon;
  readonly test: typeof testTensorFlow;
}

/** What `setup tensorflow` ended with. */
export interface TensorFlowSetup extends TensorFlowReport {
  readonly engine: TensorFlowName;
  /** Whether it is the addon that npm installed, or one that was built, now or before. */
  readonly source: 'published' | 'built' | 'built before';
  /** Where it lies. */
  readonly folder: string;
}

/**
 * Makes the engines on libtensorflow work: with what npm installed where that loads (and, for GPUs, finds one), else
 * with the addon built from the package's own source against the TensorFlow of a Python wheel. What is built lies in the
 * user's cache, for all projects; nothing in a project changes.
 *
 * @throws Error that says what is missing and how to get it, before anything is fetched; or what failed. Nothing is left
 *   then but wheels that are whole, which the next call takes up.
 */
export async function setUpTensorFlow(options: SetUpTensorFlowOptions): Promise<TensorFlowSetup> {
  const { gpu = false, offline, signal, note, parts: replaced } = options;
  const parts = { ...ACTUAL, ...replaced };
  const kind = gpu ? 'gpu' : 'cpu';
  const folder = tensorFlowFolder(kind);
  const engine: TensorFlowName = 'tfjs-node-gpu';
  if (existsSync(folder)) {
    try {
      return { ...(await parts.test(engine, folder, signal)), engine, source: 'built before', folder };
    } catch (error) {
      signal?.throwIfAborted();
      note(`What was built before does not work any more (${(error as Error).message}); it is built anew.`);
    }
  }
  const published = await publishedAddon(gpu, parts, signal);
  if (published) return published;

  // Everything that can be missing is looked for before the first byte is fetched.
  if (parts.platform !== 'linux-x64')
    throw new Error(
      `The addon of tfjs-node can be built on Linux x64 alone, not on ${parts.platform}: run npm rebuild @tensorflow/tfjs-node, which fetches the published one, or take the engine compiled.`,
    );
  const pip = await findPip(signal);
  const compiler = await findCompiler(signal);
  const headers = findNodeHeaders();
  if (offline !== undefined && !existsSync(offline))
    throw new Error(`There is no folder ${offline}: name one that holds the wheels with --offline.`);

  const { wheels, size } = parts.wheels[kind];
  let report: TensorFlowReport | undefined;
  await withStaging(async (staging) => {
    const { root, scratch } = staging;
    note(`Installing @tensorflow/tfjs-node-gpu@${TFJS_NODE} without its install script`);
    await installPackages(staging, parts.install, { headers: headers === undefined, offline, signal });
    const from = offline ?? staging.wheels;
    if (offline === undefined) {
      note(`Fetching TensorFlow (${size})`);
      await fetchWheels(wheels, { pip, folder: from, scratch, signal, note });
    }
    note('Unpacking TensorFlow');
    const unpacked = join(scratch, 'unpacked');
    await unpackWheels(wheels, { pip, folder: from, scratch, signal, target: unpacked });
    for (const name of ['tensorflow', 'nvidia'])
      if (existsSync(join(unpacked, name))) await rename(join(unpacked, name), join(root, name));
    note('Building the addon');
    const ownHeaders = join(root, 'node_modules', 'node-api-headers', 'include');
    await parts.build({ root, kind, compiler, headers: headers ?? ownHeaders, scratch, signal });
    await keepLibraries(join(root, 'tensorflow'));
    note('Testing it');
    for (const name of ['tfjs-node', engine] as const) report = await parts.test(name, root, signal);
    return folder;
  });
  return { ...report!, engine, source: 'built', folder };
}

/** Removes every addon that was built. @returns the folders that were there */
export const removeTensorFlow = (): Promise<string[]> =>
  removeSetup([tensorFlowFolder('cpu'), tensorFlowFolder('gpu')]);

const ACTUAL: TensorFlowParts = {
  platform: `${process.platform}-${process.arch}`,
  wheels: TENSORFLOW_WHEELS,
  install: npmInstall,
  build: buildAddon,
  test: testTensorFlow,
};

/** What npm has installed, if it does all that is asked for. */
async function publishedAddon(
  gpu: boolean,
  { test }: TensorFlowParts,
  signal: AbortSignal | undefined,
): Promise<TensorFlowSetup | undefined> {
  for (const engine of gpu ? (['tfjs-node-gpu'] as const) : (['tfjs-node-gpu', 'tfjs-node'] as const)) {
    let folder: string;
    try {
      folder = createRequire(import.meta.url).resolve(`@tensorflow/${engine}/package.json`);
    } catch {
      continue;
    }
    try {
      const report = await test(engine, undefined, signal);
      if (report.usesGpu || !gpu) return { ...report, engine, source: 'published', folder };
    } catch {
      signal?.throwIfAborted();
    }
  }
  return undefined;
}

async function installPackages(
  { root, scratch }: Staging,
  install: typeof npmInstall,
  options: { headers: boolean; offline: string | undefined; signal: AbortSignal | undefined },
): Promise<void> {
  await writeStandIns(join(scratch, 'stand-ins'));
  const packages = {
    '@tensorflow/tfjs-node-gpu': TFJS_NODE,
    '@tensorflow/tfjs-node': TFJS_NODE,
    ...(options.headers && { 'node-api-headers': NODE_API_HEADERS }),
  };
  // So that npm does not fetch the tfjs that is not to be loaded.
  const overrides = { '@tensorflow/tfjs': 'file:./stand-ins/@tensorflow/tfjs' };
  const manifest = { private: true, dependencies: packages, overrides };
  await writeFile(join(scratch, 'package.json'), JSON.stringify(manifest));
  const { offline, signal } = options;
  try {
    await install([], scratch, { signal, offline: offline !== undefined });
  } catch (error) {
    signal?.throwIfAborted();
    const names = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
    const remedy =
      offline === undefined
        ? 'check the network'
        : `offline they have to be in npm's cache: with a network, run npm install --ignore-scripts ${names.join(' ')} once`;
    throw new Error(`npm cannot install ${names.join(' and ')} (${(error as Error).message}): ${remedy}.`, {
      cause: error,
    });
  }
  await rename(join(scratch, 'node_modules'), join(root, 'node_modules'));
  await writeStandIns(join(root, 'node_modules'));
  await writeFile(join(root, 'package.json'), JSON.stringify({ private: true, dependencies: packages }));
}

/** Of TensorFlow's wheel, which is Python for the most part, only the libraries and their licences are used. */
async function keepLibraries(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (!/^libtensorflow_\w+\.so\.\d+$|NOTICES/.test(name))
      await rm(join(folder, name), { recursive: true, force: true });
}
