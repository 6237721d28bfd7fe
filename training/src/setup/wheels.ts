import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ToolFailed } from '../tools/run-tool.js';
import type { Pip } from '../tools/python.js';
import { type Wheel, WHEEL_TAGS } from './pins.js';

// pip downloads and unpacks, and nothing is written here that reads an index or a zip file: it alone knows the user's
// index, proxy, certificates and credentials; with `--require-hashes` it takes no byte that was not pinned; it goes on
// with a connection that broke (from 25.1 on), and draws its own progress bar. What it does not do is to go on with half
// a file after it was stopped; so wheels are fetched one by one, and those that are whole stay.

export interface FetchWheelsOptions {
  readonly pip: Pip;
  /** Where the wheels are kept. */
  readonly folder: string;
  /** For files that are removed later, whatever happens. */
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
  note(text: string): void;
}

/**
 * Fetches the wheels that are not in the folder yet; one there that is damaged is fetched anew.
 *
 * @throws Error that names the wheel which cannot be fetched, or arrived damaged
 */
export async function fetchWheels(wheels: readonly Wheel[], options: FetchWheelsOptions): Promise<void> {
  const { pip, folder, scratch, signal, note } = options;
  await mkdir(folder, { recursive: true });
  const show = process.stderr.isTTY;
  for (const [i, wheel] of wheels.entries()) {
    note(
      `Fetching ${wheel.name} ${wheel.version}${wheels.length > 1 ? ` (${i + 1} of ${wheels.length})` : ''}`,
    );
    const args = ['download', '--no-deps', ...WHEEL_TAGS, '--require-hashes', '--dest', folder];
    try {
      await pip([...args, ...(show ? [] : ['--quiet']), '-r', await requirements([wheel], scratch)], {
        signal,
        show,
        env: { TMPDIR: scratch },
      });
    } catch (error) {
      throw explained(
        error,
        wheel,
        (reason) =>
          `pip cannot fetch it (${reason}): check the network, or name a folder that holds it with --offline DIR`,
      );
    }
  }
}

/**
 * Unpacks wheels from a folder into another, as if it were Python's `site-packages`, each held against its checksum.
 *
 * @throws Error that names the wheel which is not there, or damaged
 */
export async function unpackWheels(
  wheels: readonly Wheel[],
  { pip, folder, scratch, signal, target }: Omit<FetchWheelsOptions, 'note'> & { readonly target: string },
): Promise<void> {
  const args = [
    'install',
    '--quiet',
    '--no-index',
    '--find-links',
    resolve(folder),
    '--no-deps',
    '--no-compile',
  ];
  const from = [...WHEEL_TAGS, '--require-hashes', '--target', target];
  try {
    // All at once: pip would put the folder `nvidia` of one in the place of that of another.
    await pip([...args, ...from, '-r', await requirements(wheels, scratch)], {
      signal,
      env: { TMPDIR: scratch },
    });
  } catch (error) {
    const output = error instanceof ToolFailed ? error.output : '';
    const named = wheels.find(({ name, version }) => output.includes(`${name}==${version}`));
    throw explained(
      error,
      named ?? wheels[0]!,
      () => `it is not in ${folder}: put it there (${downloadCommand(named ?? wheels[0]!, folder)})`,
    );
  }
}

/** What fetches a wheel for a machine without a network, on one that has one. */
const downloadCommand = ({ name, version }: Wheel, folder: string) =>
  `pip download --no-deps --python-version 3.11 --only-binary :all: --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux2014_x86_64 --dest ${folder} ${name}==${version}`;

async function requirements(wheels: readonly Wheel[], scratch: string): Promise<string> {
  const path = join(scratch, 'requirements.txt');
  const lines = wheels.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`);
  await writeFile(path, lines.join(''));
  return path;
}

function explained(error: unknown, wheel: Wheel, absent: (reason: string) => string): unknown {
  if (!(error instanceof ToolFailed)) return error;
  const what = `The wheel ${wheel.name} ${wheel.version}`;
  if (error.output.includes('DO NOT MATCH THE HASHES'))
    return new Error(
      `${what} is damaged, or not the one that was tried: its SHA-256 is not ${wheel.sha256.slice(0, 12)}...; fetch it again.`,
      { cause: error },
    );
  const reasons = [...error.output.matchAll(/^ERROR: (.+)$/gm)].map(([, reason]) => reason!);
  if (reasons.some((reason) => reason.startsWith('No matching distribution')))
    return new Error(`${what} is missing: ${absent(reasons.at(-1)!)}.`, { cause: error });
  return new Error(`${what} cannot be had: ${reasons.at(-1) ?? error.message}`, { cause: error });
}
