import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runTool, ToolFailed, ToolMissing } from './run-tool.js';

/**
 * Finds a C++ compiler: `CXX` if set, else the first of c++, g++ and clang++.
 *
 * @throws Error that says how to install one
 */
export async function findCompiler(signal?: AbortSignal): Promise<string> {
  const named = process.env.CXX;
  for (const compiler of named ? [named] : ['c++', 'g++', 'clang++']) {
    try {
      await runTool(compiler, ['--version'], { signal });
      return compiler;
    } catch (error) {
      if (!(error instanceof ToolMissing || error instanceof ToolFailed)) throw error;
    }
  }
  throw new Error(
    named
      ? `CXX names ${named}, which does not run: name a C++ compiler, or leave it unset.`
      : 'No C++ compiler is on the PATH, which builds the addon: install one (Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++).',
  );
}

/**
 * The folder of Node's own headers on this machine: that which npm is told of (`npm_config_nodedir`), else that beside
 * the running Node; undefined where neither is.
 */
export function findNodeHeaders(
  nodedir = process.env.npm_config_nodedir,
  executable = process.execPath,
): string | undefined {
  return [nodedir, join(dirname(executable), '..')]
    .flatMap((root) => (root ? [join(root, 'include', 'node')] : []))
    .find((folder) => existsSync(join(folder, 'node_api.h')));
}
