/** Images with a label each. */
export interface LabelledImages {
  /** [count, height, width, channels], 0 to 255. */
  readonly images: Uint8Array;
  /** [count]. */
  readonly labels: Uint8Array;
  readonly count: number;
  /** Height, width and channels. */
  readonly shape: readonly [number, number, number];
}

export interface LoadDataOptions {
  /** A folder that holds the data's files; without it they are taken from the cache, where they are fetched to once. */
  readonly dir?: string | undefined;
  /** The part of the data: 'train' by default. */
  readonly split?: 'train' | 'test';
  readonly signal?: AbortSignal;
  /** Told, in a sentence, of what takes time. */
  readonly note?: (text: string) => void;
}

/** What is known of a data set before it is loaded, and how to load it. */
export interface Dataset {
  readonly name: string;
  readonly licence: string;
  readonly shape: readonly [number, number, number];
  readonly classes: number;
  load(options?: LoadDataOptions): Promise<LabelledImages>;
}
