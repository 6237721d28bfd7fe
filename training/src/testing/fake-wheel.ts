import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Wheel } from '../setup/pins.js';

/** Whether this machine has what unpacks a wheel. */
export const hasPip = spawnSync('python3', ['-m', 'pip', '--version']).status === 0;

/** Writes a wheel with these files into a folder. @returns how it is pinned */
export async function fakeWheel(
  folder: string,
  name: string,
  files: Readonly<Record<string, string>>,
  version = '1.0',
): Promise<Wheel> {
  const stem = `${name.replaceAll('-', '_')}-${version}`;
  const all: Record<string, string> = {
    ...files,
    [`${stem}.dist-info/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${stem}.dist-info/WHEEL`]: 'Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-any\n',
  };
  all[`${stem}.dist-info/RECORD`] = [...Object.keys(all), `${stem}.dist-info/RECORD`]
    .map((path) => `${path},,\n`)
    .join('');
  const content = await mkdtemp(join(tmpdir(), 'scorebridge-wheel-'));
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(content, path)), { recursive: true });
    await writeFile(join(content, path), text);
  }
  await mkdir(folder, { recursive: true });
  const wheel = join(folder, wheelFile({ name, version }));
  const tops = [...new Set(Object.keys(all).map((path) => path.split('/')[0]!))];
  await promisify(execFile)('python3', ['-m', 'zipfile', '-c', wheel, ...tops], { cwd: content });
  await rm(content, { recursive: true });
  return {
    name,
    version,
    sha256: createHash('sha256')
      .update(await readFile(wheel))
      .digest('hex'),
  };
}

/** The name of the file that a fake wheel has. */
export const wheelFile = ({ name, version }: Pick<Wheel, 'name' | 'version'>): string =>
  `${name.replaceAll('-', '_')}-${version}-py3-none-any.whl`;
