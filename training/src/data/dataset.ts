/** Pixels as bytes 0 to 255, which a run scales to its value range, or as float32 values that lie in it already. */
export type Pixels = Uint8Array | Float32Array;

/** Images, and a label each where the data has labels. */
export interface ImageSet {
  /** [count, height, width, channels]. */
  readonly images: Pixels;
  /** [count]; a label is the index of a class. */
  readonly labels?: Uint8Array | Int32Array;
  readonly count: number;
  /** Height, width and channels. */
  readonly shape: readonly [number, number, number];
}

/** Images of bytes with a label each. */
export interface LabelledImages extends ImageSet {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

export interface LoadDataOptions {
  /**
   * Where the data are: a folder, or for `npy` a file. Without it a data set that is not the user's own is taken from
   * where it is kept.
   */
  readonly dir?: string | undefined;
  /** The part of the data, where they have parts: 'train' by default. */
  readonly split?: 'train' | 'test';
  readonly signal?: AbortSignal;
  /** Told, in a sentence, of what takes time and of what is left out. */
  readonly note?: (text: string) => void;
  /** Told how far a loading is that takes time. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What is known of a data set before it is loaded, and how to load it. */
export interface Dataset {
  readonly name: string;
  readonly licence: string;
  readonly shape: readonly [number, number, number];
  /** Number of classes; 0 where the data has no labels. */
  readonly classes: number;
  readonly classNames?: readonly string[] | undefined;
  load(options?: LoadDataOptions): Promise<ImageSet>;
}
