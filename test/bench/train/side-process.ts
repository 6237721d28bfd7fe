import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that answers each line with a number. */
export class SideProcess {
  private constructor(
    private readonly child: ReturnType<typeof spawn>,
    private readonly answers: AsyncIterator<string>,
  ) {}

  static start(command: string, args: readonly string[]): SideProcess {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    return new SideProcess(child, createInterface({ input: child.stdout })[Symbol.asyncIterator]());
  }

  /** @throws Error if the process has ended, or answers something else */
  async ask(line: string): Promise<number> {
    this.child.stdin!.write(`${line}\n`);
    for (;;) {
      const { value, done } = await this.answers.next();
      if (done) throw new Error(`The process ended before it answered ${line}: see its message above.`);
      // What libraries print of themselves is passed over.
      const number = Number(value);
      if (value.trim() !== '' && Number.isFinite(number)) return number;
    }
  }

  end(): void {
    this.child.stdin!.end();
  }
}
