/** What a worker says once it holds the lock of this name, which it does as long as it lives. */
export interface Held {
  held: string;
}
