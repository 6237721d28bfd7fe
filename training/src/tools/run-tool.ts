import { spawn } from 'node:child_process';

export interface RunToolOptions {
  readonly cwd?: string;
  /** Variables on top of this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Stops the tool as Ctrl-C does. */
  readonly signal?: AbortSignal | undefined;
  /** Shows what the tool prints on stdout, such as its progress bar, on stderr. */
  readonly show?: boolean;
}

/** What a program printed. */
export interface ToolOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** A tool ended with another code than 0. */
export class ToolFailed extends Error {
  override readonly name = 'ToolFailed';

  constructor(
    readonly tool: string,
    readonly code: number | null,
    /** What it printed on stderr, or on stdout where that was all. */
    readonly output: string,
  ) {
    super(lastLine(output) ?? `${tool} ended with code ${code}`);
  }
}

/** A tool is not on the PATH. */
export class ToolMissing extends Error {
  override readonly name = 'ToolMissing';

  constructor(readonly tool: string) {
    super(`${tool} is not on the PATH`);
  }
}

/** How long a tool that was told to stop may tidy up. */
const GRACE_MS = 5000;

/**
 * Runs a program to its end. When the signal is aborted, the promise is rejected
 * only once the program has gone, so that what it was writing can be removed.
 *
 * @throws ToolMissing, ToolFailed, or the reason of the signal
 */
export function runTool(
  command: string,
  args: readonly string[],
  options: RunToolOptions = {},
): Promise<ToolOutput> {
  const { cwd, env, signal, show = false } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', show ? 2 : 'pipe', 'pipe'],
      // npm is a script on Windows.
      shell: process.platform === 'win32',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr!.on('data', (text: Buffer) => (stderr += text.toString()));
    let kill: NodeJS.Timeout | undefined;
    const stop = () => {
      child.kill('SIGINT');
      kill = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    };
    signal?.addEventListener('abort', stop, { once: true });
    const settle = (error?: Error) => {
      clearTimeout(kill);
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted) reject(signal.reason as Error);
      else if (error) reject(error);
      else resolve({ stdout, stderr });
    };
    child.on('error', (error: NodeJS.ErrnoException) =>
      settle(error.code === 'ENOENT' ? new ToolMissing(command) : error),
    );
    child.on('close', (code) =>
      settle(code === 0 ? undefined : new ToolFailed(command, code, stderr.trim() ? stderr : stdout)),
    );
  });
}

function lastLine(text: string): string | undefined {
  return text.trim().split('\n').at(-1)?.trim() || undefined;
}
