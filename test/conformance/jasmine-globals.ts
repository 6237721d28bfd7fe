/** Jasmine, whose functions the specs expect as globals. */
import { createRequire } from 'node:module';

/** What is used of jasmine-core, which has no types. */
interface Jasmine {
  DEFAULT_TIMEOUT_INTERVAL: number;
  getEnv(): Environment;
}

interface Environment {
  configure(options: { random?: boolean; specFilter?: (spec: { getFullName(): string }) => boolean }): void;
  addReporter(reporter: { specDone(result: SpecDone): void }): void;
  execute(): Promise<unknown>;
}

interface SpecDone {
  readonly fullName: string;
  readonly status: string;
  readonly failedExpectations: readonly { readonly message: string }[];
}

const jasmine = (createRequire(import.meta.url)('jasmine-core') as { boot(): Jasmine }).boot();
jasmine.DEFAULT_TIMEOUT_INTERVAL = 20_000;
export const environment = jasmine.getEnv();
environment.configure({ random: false });
