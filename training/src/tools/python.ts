import { runTool, type RunToolOptions, ToolFailed, ToolMissing, type ToolOutput } from './run-tool.js';

/** Runs `python -m pip`. */
export type Pip = (args: readonly string[], options?: RunToolOptions) => Promise<ToolOutput>;

/**
 * Finds a Python that has pip.
 *
 * @throws Error that says what is missing and how to install it
 */
export async function findPip(signal?: AbortSignal): Promise<Pip> {
  let found: string | undefined;
  for (const python of ['python3', 'python']) {
    try {
      await runTool(python, ['-m', 'pip', '--version'], { signal });
      return (args, options) =>
        runTool(python, ['-m', 'pip', '--no-input', '--disable-pip-version-check', ...args], {
          ...options,
          env: { ...NEUTRAL, ...options?.env },
        });
    } catch (error) {
      if (error instanceof ToolFailed) found ??= python;
      else if (!(error instanceof ToolMissing)) throw error;
    }
  }
  throw new Error(
    found === undefined
      ? 'No Python is on the PATH, whose pip fetches the libraries: install one (Debian, Ubuntu: apt install python3-pip; Fedora: dnf install python3-pip).'
      : `${found} has no pip, which fetches the libraries: install it (${found} -m ensurepip, or on Debian and Ubuntu apt install python3-pip).`,
  );
}

/**
 * Settings of a user that would stand in the way of unpacking into a folder, and, from pip 25.1 on, how often a download
 * that was cut off is gone on with.
 */
const NEUTRAL = { PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0', PIP_RESUME_RETRIES: '5' };
