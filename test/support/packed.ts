import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const shell = process.platform === 'win32'; // npm is a .cmd file there

/** Packs a package as `npm publish` would; the path of the tarball, and of each file in it. */
export async function pack(from: string, to: string): Promise<{ tarball: string; files: string[] }> {
  const args = ['pack', from, '--json', '--ignore-scripts', '--pack-destination', to];
  const { stdout } = await run('npm', args, { shell });
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  return { tarball: join(to, packed.filename), files: packed.files.map(({ path }) => path) };
}

/**
 * Installs the packed runtime into an empty folder, as a user does but without a registry: with the dependencies that lie
 * in this repository, and without ONNX Runtime, which is for the user to add. The paths of the files in the tarball.
 */
export async function installPacked(folder: string): Promise<string[]> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const { tarball, files } = await pack(join(root, 'runtime'), folder);
  const { dependencies } = JSON.parse(await readFile(join(root, 'runtime/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const others = await Promise.all(
    Object.keys(dependencies).map((name) => pack(join(root, 'node_modules', name), folder)),
  );
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const tarballs = [tarball, ...others.map((other) => other.tarball)];
  const flags = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps'];
  await run('npm', ['install', ...flags, ...tarballs], { cwd: folder, shell });
  return files;
}
