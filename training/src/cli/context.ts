import type { Command } from 'commander';

/** What every command is given besides its own options. */
export interface Context {
  readonly json: boolean;
  /** Aborted by Ctrl-C, and by the SIGTERM that a container or a time limit sends. */
  readonly signal: AbortSignal;
  /** Tells the user how things go, on stderr. */
  note(text: string): void;
  /** Prints the result on stdout: the value as JSON with `--json`, else the text. */
  print(value: unknown, text: string): void;
}

/**
 * Makes a command's context. The first Ctrl-C or SIGTERM aborts its signal, so that it can stop cleanly; a second one
 * ends the process at once.
 */
export function contextOf(command: Command): Context {
  const { json = false } = command.optsWithGlobals<{ json?: boolean }>();
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => interrupt.abort(new Interrupted()));
  return {
    json,
    signal: interrupt.signal,
    note: (text) => process.stderr.write(`${text}\n`),
    print: (value, text) => process.stdout.write(`${json ? JSON.stringify(value, undefined, 2) : text}\n`),
  };
}

/** The reason of a signal that Ctrl-C or SIGTERM aborted. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor() {
    super('Interrupted.');
  }
}
