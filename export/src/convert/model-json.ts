/** What a model.json holds, read with care: it is a file from elsewhere. */

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly quantization?: {
    readonly dtype: 'uint8' | 'uint16' | 'float16';
    readonly scale: number;
    readonly min: number;
  };
}

/** Weights that lie one after another in the concatenation of some files. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightSpec[];
}

export interface ModelJson {
  readonly kind: 'graph' | 'layers';
  readonly topology: Readonly<Record<string, unknown>>;
  readonly signature: Readonly<Record<string, unknown>> | undefined;
  readonly groups: readonly WeightGroup[];
  /** Weights of types that ONNX models here cannot hold, by name: refused where the graph needs one. */
  readonly unreadable: ReadonlyMap<string, string>;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads the text of a model.json.
 *
 * @param name the file's, for messages
 * @throws Error that says what is wrong, where the text is no TensorFlow.js model
 */
export function parseModelJson(bytes: Uint8Array, name: string): ModelJson {
  const json = parse(bytes, name);
  if (!isObject(json))
    throw new Error(`${name} holds no JSON object: expected the model.json of a TensorFlow.js model.`);
  const topology = json['modelTopology'];
  if (!isObject(topology)) throw new Error(`${name} ${noTopology(json)}`);
  const kind = kindOf(topology, json['format'], name);
  const manifest = json['weightsManifest'] ?? [];
  if (!Array.isArray(manifest)) throw new Error(`${name}: weightsManifest is not a list.`);
  const unreadable = new Map<string, string>();
  const groups = manifest.map((group) => readGroup(group, name, unreadable));
  checkUnique(groups, name);
  const meta = json['userDefinedMetadata'];
  const signature = json['signature'] ?? (isObject(meta) ? meta['signature'] : undefined);
  return { kind, topology, signature: isObject(signature) ? signature : undefined, groups, unreadable };
}

function parse(bytes: Uint8Array, name: string): unknown {
  if (bytes.length === 0)
    throw new Error(`${name} is empty: expected the model.json of a TensorFlow.js model.`);
  const foreign = foreignFormat(bytes);
  if (foreign) throw new Error(`${name} is ${foreign}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${name} is not UTF-8 text: it is cut off or damaged, or no model.json. Fetch it again.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      `${name} is not JSON (${message.slice(0, 100)}): it is cut off or damaged, or no model.json.`,
      {
        cause: error,
      },
    );
  }
}

const TENSORFLOWJS_CONVERTER =
  'Convert it first with the Python package tensorflowjs: tensorflowjs_converter --input_format=';

/** Other formats that are given by mistake, known by their first bytes. */
function foreignFormat(bytes: Uint8Array): string | undefined {
  const start = (...codes: number[]) => codes.every((code, i) => bytes[i] === code);
  if (start(0x89, 0x48, 0x44, 0x46))
    return `a Keras HDF5 file, not a TensorFlow.js model. ${TENSORFLOWJS_CONVERTER}keras MODEL.h5 FOLDER`;
  if (start(0x50, 0x4b, 0x03, 0x04))
    return 'a zip archive, such as a .keras file: unpack it, or save the model as .h5 or as a SavedModel and convert it with tensorflowjs_converter.';
  if (start(0x1f, 0x8b)) return 'compressed with gzip: unpack it first.';
  if (String.fromCharCode(...bytes.subarray(4, 8)) === 'TFL3')
    return 'a TensorFlow Lite file, which has lost what a conversion needs: convert the model that it was made of.';
  // A protocol buffer's first field, length-delimited, is no text: that of a SavedModel or a frozen graph.
  if (bytes[0] === 0x08 || (bytes[0] === 0x0a && bytes.subarray(0, 64).some((byte) => byte < 0x09)))
    return `a TensorFlow protocol buffer (SavedModel or frozen graph), not a TensorFlow.js model. ${TENSORFLOWJS_CONVERTER}tf_saved_model SAVED_MODEL_FOLDER FOLDER`;
  return undefined;
}

function noTopology(json: Json): string {
  if (Array.isArray(json['weightsManifest']) || 'weightsManifest' in json)
    return 'has weights but no modelTopology: its graph was left out when it was saved.';
  if ('class_name' in json || 'config' in json)
    return 'is the configuration of a Keras model without weights: expected a model.json with modelTopology and weightsManifest.';
  return 'has no modelTopology: expected the model.json of a TensorFlow.js model.';
}

function kindOf(topology: Json, format: unknown, name: string): 'graph' | 'layers' {
  if (Array.isArray(topology['node'])) return 'graph';
  if (isObject(topology['model_config']) || 'class_name' in topology) return 'layers';
  throw new Error(
    `${name}: modelTopology holds neither the nodes of a graph model nor the configuration of a layers model` +
      `${typeof format === 'string' ? ` (its format is ${format})` : ''}.`,
  );
}

function readGroup(group: unknown, name: string, unreadable: Map<string, string>): WeightGroup {
  if (!isObject(group) || !Array.isArray(group['paths']) || !Array.isArray(group['weights']))
    throw new Error(`${name}: a group of weightsManifest lacks its paths or its weights.`);
  const paths = group['paths'] as unknown[];
  const wrong = paths.find((path) => typeof path !== 'string' || path === '');
  if (wrong !== undefined)
    throw new Error(`${name}: weightsManifest names ${JSON.stringify(wrong)} as a file.`);
  return {
    paths: paths as string[],
    weights: (group['weights'] as unknown[]).map((weight) => readWeight(weight, name, unreadable)),
  };
}

function readWeight(weight: unknown, file: string, unreadable: Map<string, string>): WeightSpec {
  const { name, shape, dtype, quantization } = (isObject(weight) ? weight : {}) as Json;
  if (typeof name !== 'string' || name === '')
    throw new Error(`${file}: a weight of weightsManifest has no name.`);
  const dims = shape ?? [];
  if (!Array.isArray(dims) || !dims.every((d) => Number.isSafeInteger(d) && d >= 0))
    throw new Error(
      `${file}: the weight ${name} has the shape ${JSON.stringify(shape)}; expected a list of whole numbers, none negative.`,
    );
  const size = dims.reduce((p: number, d: number) => p * d, 1);
  if (!Number.isSafeInteger(size))
    throw new Error(
      `${file}: the weight ${name} has the shape [${dims.join(', ')}], which nothing can hold.`,
    );
  if (dtype === 'string' || dtype === 'complex64') unreadable.set(name, dtype);
  else if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
    throw new Error(
      `${file}: the weight ${name} is of type ${JSON.stringify(dtype)}; expected float32, int32 or bool.`,
    );
  const spec = { name, shape: dims as number[], dtype: dtype as 'float32' };
  return quantization === undefined || quantization === null
    ? spec
    : { ...spec, quantization: readQuantization(quantization, name, file) };
}

function readQuantization(
  value: unknown,
  name: string,
  file: string,
): NonNullable<WeightSpec['quantization']> {
  const { dtype, scale = 1, min = 0 } = (isObject(value) ? value : {}) as Json;
  if (dtype !== 'uint8' && dtype !== 'uint16' && dtype !== 'float16')
    throw new Error(
      `${file}: the weight ${name} is quantised as ${JSON.stringify(dtype)}; expected uint8, uint16 or float16.`,
    );
  if (!Number.isFinite(scale) || !Number.isFinite(min))
    throw new Error(
      `${file}: the weight ${name} is quantised with the scale ${String(scale)} and the least value ${String(min)}; expected numbers.`,
    );
  return { dtype, scale: scale as number, min: min as number };
}

function checkUnique(groups: readonly WeightGroup[], file: string): void {
  const seen = new Set<string>();
  for (const { name } of groups.flatMap(({ weights }) => weights)) {
    if (seen.has(name)) throw new Error(`${file}: weightsManifest lists the weight ${name} twice.`);
    seen.add(name);
  }
}
