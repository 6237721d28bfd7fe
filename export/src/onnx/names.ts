/** Hands out names of which no two are the same. */
export class Names {
  private readonly taken = new Map<string, number>();

  /** Keeps a name for later use as it stands. */
  reserve(name: string): void {
    this.taken.set(name, 1);
  }

  /** `wanted`, or `wanted_2`, `wanted_3` ... where it is taken. */
  take(wanted: string): string {
    let count = this.taken.get(wanted) ?? 0;
    let name = wanted;
    while (count > 0 && this.taken.has((name = `${wanted}_${count + 1}`))) count++;
    this.taken.set(wanted, count + 1);
    if (name !== wanted) this.taken.set(name, 1);
    return name;
  }
}
