import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const windows = process.platform === 'win32';
const python = windows ? 'python' : 'python3';

/** Why there are no virtual environments on this machine. */
export function whyNoPython(): string | undefined {
  const { status } = spawnSync(python, ['-c', 'import venv, ensurepip'], { stdio: 'ignore' });
  return status === 0 ? undefined : `there is no ${python} with the modules venv and ensurepip (pip)`;
}

/**
 * Makes a virtual environment of this name in test/results, unless it is there from an earlier run.
 *
 * @param imports Python that fails where the packages are not there
 * @param packages as pip is asked for them
 * @returns what runs Python in it, in a folder, and gives what it prints
 */
export async function pythonWith(
  name: string,
  imports: string,
  packages: readonly string[],
): Promise<(args: readonly string[], cwd?: string) => Promise<string>> {
  const environment = fileURLToPath(new URL(`../results/${name}`, import.meta.url));
  const inside = join(environment, windows ? 'Scripts/python.exe' : 'bin/python');
  if (spawnSync(inside, ['-c', imports], { stdio: 'ignore' }).status !== 0) {
    await run(python, ['-m', 'venv', '--clear', environment]);
    await run(inside, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  }
  return async (args, cwd) => (await run(inside, [...args], { cwd, maxBuffer: 2 ** 26 })).stdout;
}
