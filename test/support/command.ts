import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const executable = fileURLToPath(new URL('../../training/bin/scorebridge.js', import.meta.url));

/** How a command ended, and what it wrote. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions extends Pick<SpawnOptions, 'uid' | 'gid'> {
  /** The text on stderr that Ctrl-C follows. */
  readonly interruptOn?: string | undefined;
  /** Shell commands that come first, such as a limit on what the command may do. */
  readonly prelude?: string;
  /** Told of the process once it has been started. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs `scorebridge` as a user does, in a folder. */
export function scorebridge(
  cwd: string,
  args: readonly string[],
  { interruptOn, prelude, onStart, ...options }: CommandOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const command = [process.execPath, executable, ...args];
    const [file, ...rest] =
      prelude === undefined ? command : ['bash', '-c', `${prelude}; exec "$@"`, 'bash', ...command];
    const child = spawn(file!, rest, { cwd, ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    let awaited = interruptOn;
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString();
      // Once: a second Ctrl-C does not wait for the first to be heard.
      if (awaited === undefined || !stderr.includes(awaited)) return;
      awaited = undefined;
      child.kill('SIGINT');
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    onStart?.(child);
  });
}
