/** The part of a program that a node belongs to. */
export interface Layer {
  /** Of the layer, or of the node of a graph model. */
  readonly name: string;
  /** The layer's class, or the op of the graph model's node. */
  readonly type?: string | undefined;
}

/** Where in a program a node comes from. */
export interface Source {
  /** The tfjs kernel. */
  readonly kernel?: string | undefined;
  readonly layer?: Layer | undefined;
  /** The line of the program that called for it, as `file.js:12`. */
  readonly line?: string | undefined;
  /** Other layers of which it does a part as well, since a pass joined them. */
  readonly joined?: readonly string[] | undefined;
}

/** Where a node comes from that does what two did. */
export function joinSources(main: Source | undefined, other: Source | undefined): Source | undefined {
  const joined = [
    ...(main?.joined ?? []),
    ...(other?.layer ? [other.layer.name] : []),
    ...(other?.joined ?? []),
  ];
  const names = [...new Set(joined)].filter((name) => name !== main?.layer?.name);
  return main && names.length > 0 ? { ...main, joined: names } : main;
}

let layer: Layer | undefined;
let seeksLines = false;

/**
 * Runs `make`, and lets the nodes of a graph that it makes under a trace, or those of an exported file, be called after
 * a part of the program: `inLayer('encoder.conv1', () => tf.conv2d(...))`. Of layers within one another the innermost
 * counts. It costs next to nothing where nothing is traced.
 *
 * @param type what kind of a layer it is, such as its class
 */
export function inLayer<T>(name: string, make: () => T, type?: string): T {
  const outer = layer;
  layer = { name, type };
  try {
    return make();
  } finally {
    layer = outer;
  }
}

/** Runs `make`, and lets the nodes that it makes have the lines of the program that they come from. */
export function withLines<T>(make: () => T): T {
  const outer = seeksLines;
  seeksLines = true;
  try {
    return make();
  } finally {
    seeksLines = outer;
  }
}

/** Where the program is now. */
export const here = (kernel?: string): Source => ({
  kernel,
  layer,
  line: seeksLines ? callingLine() : undefined,
});

/** `file.js:12:5`, in brackets or not, at the end of a line of a stack; a bundler's query after the name left out. */
const FRAME = /([^/\\()\s?]+)(?:\?[^/\\()\s:]*)?:(\d+):\d+\)?$/;

/** The innermost line of the stack outside of TensorFlow.js that called it: the name of the file alone, without its folder. */
function callingLine(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = Infinity;
  const frames = new Error().stack?.split('\n') ?? [];
  Error.stackTraceLimit = stackTraceLimit;
  const isTfjs = (frame: string) => frame.includes('@tensorflow');
  const inner = frames.findIndex(isTfjs);
  const caller =
    inner < 0 ? undefined : frames.slice(inner).find((frame) => !isTfjs(frame) && FRAME.test(frame));
  const [, file, line] = (caller && FRAME.exec(caller)) ?? [];
  return file && `${file}:${line}`;
}
