import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const windows = process.platform === 'win32';
const python = windows ? 'python' : 'python3';
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const environment = path('../results/tensorboard');
const pythonInside = join(environment, windows ? 'Scripts/python.exe' : 'bin/python');

/** Why TensorBoard cannot be asked on this machine: what a virtual environment needs is not there. */
export function whyNoTensorBoard(): string | undefined {
  const { status } = spawnSync(python, ['-c', 'import venv, ensurepip'], { stdio: 'ignore' });
  return status === 0 ? undefined : `there is no ${python} with the modules venv and ensurepip (pip)`;
}

/** Makes a virtual environment that holds TensorBoard in test/results, unless it is there from an earlier run. */
export async function installTensorBoard(): Promise<void> {
  const check = ['-c', 'import tensorboard.backend.event_processing.event_accumulator'];
  if (spawnSync(pythonInside, check, { stdio: 'ignore' }).status === 0) return;
  await run(python, ['-m', 'venv', '--clear', environment]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  await run(pythonInside, [...pip, 'tensorboard>=2.15,<3']);
}

/** What TensorBoard finds in a folder of event files. */
export interface Found {
  readonly scalars: Readonly<Record<string, readonly (readonly [step: number, value: number])[]>>;
  readonly images: Readonly<
    Record<
      string,
      readonly {
        readonly step: number;
        readonly width: number;
        readonly height: number;
        readonly png: string;
      }[]
    >
  >;
  /** Tags of any other kind. */
  readonly others: readonly string[];
}

export async function readByTensorBoard(folder: string): Promise<Found> {
  const { stdout } = await run(pythonInside, [path('read-tensorboard.py'), folder], {
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout) as Found;
}
