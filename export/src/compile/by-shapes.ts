import type { InputSpec } from '../trace/trace.js';

/** The same for the same names, types and shapes. */
export const keyOf = (specs: Readonly<Record<string, InputSpec>>): string =>
  JSON.stringify(Object.entries(specs).sort(([a], [b]) => (a < b ? -1 : 1)));

/** What is made once for each set of input shapes. */
export class ByShapes<T> {
  private readonly made = new Map<string, Promise<T>>();

  get(specs: Readonly<Record<string, InputSpec>>, make: () => Promise<T>): Promise<T> {
    const key = keyOf(specs);
    let value = this.made.get(key);
    if (!value) {
      value = make();
      this.made.set(key, value);
      // A failure is not kept: the next call may find what was missing.
      value.catch(() => this.made.delete(key));
    }
    return value;
  }

  /** Takes out all that was made. */
  async drain(): Promise<T[]> {
    const results = await Promise.allSettled(this.made.values());
    this.made.clear();
    return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  }
}
