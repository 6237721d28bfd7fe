import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertModel } from '@scorebridge/export/convert';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scorebridge } from './support/command.js';
import {
  placeholder,
  port,
  smallGraphModel,
  writeGraphModel,
  type GraphModelFiles,
} from './support/tfjs-graph-model.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-convert-'));
});
afterAll(() => rm(folder, { recursive: true }));

const SHARD = 'group1-shard1of1.bin';
type Change = (files: GraphModelFiles) => void;
const manifest = ({ model }: GraphModelFiles) => model.weightsManifest[0]!;
const nodes = ({ model }: GraphModelFiles) => model.modelTopology.node;
const topology = (node: unknown) => (files: GraphModelFiles) => void nodes(files).push(node as never);

/** What is wrong with a model.json or its weights, and what the one line says. */
const changes: [string, Change, RegExp][] = [
  ['a missing shard', (m) => delete m.files[SHARD], /group1-shard1of1\.bin is missing/],
  [
    'a short shard',
    (m) => (m.files[SHARD] = m.files[SHARD]!.subarray(0, 30)),
    /take 32 bytes, but there are 30: a file is cut off/,
  ],
  ['an empty shard', (m) => (m.files[SHARD] = new Uint8Array()), /take 32 bytes, but there are 0/],
  [
    'a long shard',
    (m) => (m.files[SHARD] = new Uint8Array(33)),
    /take 32 bytes, but there are 33: the files are not those/,
  ],
  ['a shard left out of the list', (m) => (manifest(m).paths = []), /weights in no file take 32 bytes/],
  [
    'ten gigabytes claimed',
    (m) => (manifest(m).weights[0]!.shape = [50_000, 50_000]),
    /take 10000000008 bytes, but there are 32/,
  ],
  [
    'more numbers than can be counted',
    (m) => (manifest(m).weights[0]!.shape = [2 ** 40, 2 ** 40]),
    /weight w has the shape .*, which nothing can hold/,
  ],
  ['a wrong type', (m) => (manifest(m).weights[0]!.dtype = 'float80'), /weight w is of type "float80"/],
  [
    'another type of the same size',
    (m) => (manifest(m).weights[0]!.dtype = 'bool'),
    /take 14 bytes, but there are 32/,
  ],
  [
    'an unknown quantisation',
    (m) => (manifest(m).weights[0]!.quantization = { dtype: 'int4', scale: 1, min: 0 }),
    /weight w is quantised as "int4"/,
  ],
  [
    'a quantisation without a scale',
    (m) => (manifest(m).weights[0]!.quantization = { dtype: 'uint8', scale: null, min: 0 }),
    /weight w is quantised with the scale null/,
  ],
  ['a negative size', (m) => (manifest(m).weights[0]!.shape = [-3, 2]), /weight w has the shape \[-3,2\]/],
  [
    'a size that is no number',
    (m) => (manifest(m).weights[0]!.shape = [NaN, 2]),
    /weight w has the shape \[null,2\]/,
  ],
  [
    'a fractional size',
    (m) => (manifest(m).weights[0]!.shape = [1.5, 4]),
    /weight w has the shape \[1.5,4\]/,
  ],
  ['a shape of words', (m) => (manifest(m).weights[0]!.shape = '3x2'), /weight w has the shape "3x2"/],
  [
    'a weight listed twice',
    (m) => manifest(m).weights.push(manifest(m).weights[1]!),
    /lists the weight b twice/,
  ],
  [
    'a weight without a name',
    (m) => (manifest(m).weights[0]!.name = ''),
    /a weight of weightsManifest has no name/,
  ],
  [
    'a weight that is missing from the manifest',
    (m) => {
      manifest(m).weights.pop();
      m.files[SHARD] = m.files[SHARD]!.subarray(0, 24);
    },
    /weight b is in the graph, but not in the weights manifest/,
  ],
  [
    'a manifest that is no list',
    (m) => (m.model.weightsManifest = 7 as never),
    /weightsManifest is not a list/,
  ],
  [
    'a group without weights',
    (m) => (m.model.weightsManifest = [{}] as never),
    /lacks its paths or its weights/,
  ],
  ['a path that is a number', (m) => (manifest(m).paths = [5 as never]), /names 5 as a file/],
  [
    'a path out of the folder',
    (m) => (manifest(m).paths = ['../outside.bin']),
    /\.\.\/outside\.bin, which leads out/,
  ],
  ['a path far out of it', (m) => (manifest(m).paths = ['../../../etc/passwd']), /which leads out/],
  ['a path that goes down and out', (m) => (manifest(m).paths = ['a/../../outside.bin']), /which leads out/],
  ['an absolute path', (m) => (manifest(m).paths = ['/etc/passwd']), /\/etc\/passwd, which leads out/],
  ['an address', (m) => (manifest(m).paths = ['https://host.invalid/w.bin']), /w\.bin, which leads out/],
  ['a path with a zero in it', (m) => (manifest(m).paths = ['w.bin\0.txt']), /which leads out/],
  ['the folder itself as a shard', (m) => (manifest(m).paths = ['.']), /weights file \. is not a file/],
  ['an unknown op', (m) => (nodes(m)[5]!.op = 'Frobnicate'), /node y \(Frobnicate\)/],
  ['an op that lacks an operand', (m) => (nodes(m)[4]!.input = ['product']), /node sum \(AddV2\)/],
  ['shapes that do not fit', (m) => (manifest(m).weights[0]!.shape = [2, 3]), /node product \(MatMul\)/],
  ['a circle', (m) => (nodes(m)[3]!.input = ['y', 'w']), /goes in a circle through the node/],
  ['a node that reads itself', (m) => (nodes(m)[5]!.input = ['y']), /goes in a circle through the node y/],
  [
    'a node that reads what is not there',
    (m) => (nodes(m)[5]!.input = ['z']),
    /node y \(Relu\) reads z, which is not/,
  ],
  [
    'two nodes of one name',
    (m) => nodes(m).push({ name: 'y', op: 'Neg', input: ['x'] }),
    /two nodes named y/,
  ],
  ['a node that is no object', topology(3), /a node without a name or an op/],
  ['no nodes at all', (m) => (m.model.modelTopology.node = []), /has no nodes/],
  [
    'an input of a negative size',
    (m) => (nodes(m)[0] = placeholder('x', '-7', '3')),
    /size "-7" in its shape/,
  ],
  [
    'an input whose size is no number',
    (m) => (nodes(m)[0] = placeholder('x', 'NaN', '3')),
    /size "NaN" in its shape/,
  ],
  [
    'an output that is not in the graph',
    (m) => (m.model.signature = { outputs: { z: port('z:0', 2) } }),
    /names the output z \(z\), which is not in its graph/,
  ],
  [
    'an input that is not in the graph',
    (m) => (m.model.signature = { inputs: { z: port('z:0', 2) }, outputs: { y: port('y:0') } }),
    /names the input z \(z\), which is not in its graph/,
  ],
  [
    'an input of strings',
    (m) => (nodes(m)[0]!.attr!['dtype'] = { type: 'DT_STRING' }),
    /input x takes strings/,
  ],
  [
    'a hash table',
    (m) => (nodes(m)[5] = { name: 'y', op: 'LookupTableFindV2', input: ['w', 'sum', 'b'] }),
    /node y \(LookupTableFindV2\) cannot be exported: it looks things up in a hash table/,
  ],
  [
    'an op on strings',
    (m) => (nodes(m)[5] = { name: 'y', op: 'StringSplit', input: ['sum', 'b'] }),
    /node y \(StringSplit\) cannot be exported: it works on strings/,
  ],
  [
    'one side of a branch that only the data decide',
    (m) => (nodes(m)[5] = { name: 'y', op: 'Switch', input: ['sum', 'sum'] }),
    /output y lies on one side of a branch that only the data decide \(the node y, Switch\), so that it is not always there/,
  ],
  [
    'a function that is not there',
    (m) =>
      (nodes(m)[5] = {
        name: 'y',
        op: 'PartitionedCall',
        input: ['sum'],
        attr: { f: { func: { name: 'f' } } },
      }),
    /calls the function f, which is not in the graph/,
  ],
  [
    'no topology',
    (m) => delete (m.model as Partial<typeof m.model>).modelTopology,
    /has weights but no modelTopology/,
  ],
  [
    'a topology of neither kind',
    (m) => (m.model.modelTopology = { format: 1 } as never),
    /neither the nodes of a graph model nor the configuration of a layers model/,
  ],
];

let count = 0;
/** Runs the conversion of what stands at a path; the folder holds the same afterwards. */
async function refused(path: string, message: RegExp): Promise<void> {
  const error = await convertModel(path).then(
    () => new Error('It was converted.'),
    (error: Error) => error,
  );
  expect(error.message).toMatch(message);
  expect(error.message.split('\n')).toHaveLength(1);
  expect(error.message.length).toBeLessThan(400);
}

test.each(changes)('%s', async (_, change, message) => {
  const files = smallGraphModel();
  change(files);
  const own = join(folder, `model-${count++}`);
  await writeFile(join(folder, 'outside.bin'), new Uint8Array(32));
  await refused(await writeGraphModel(own, files), message);
  expect((await readdir(own)).sort()).toEqual([...Object.keys(files.files), 'model.json'].sort());
});

test('a shard that is a link out of the folder is not read; one that stays inside is', async () => {
  const files = smallGraphModel();
  const own = join(folder, 'linked');
  const bytes = files.files[SHARD]!;
  files.files = {};
  const path = await writeGraphModel(own, files);
  await writeFile(join(folder, 'outside.bin'), bytes);
  await symlink(join(folder, 'outside.bin'), join(own, SHARD));
  await refused(
    path,
    /group1-shard1of1\.bin, which leads out of the model's folder.*\(group1-shard1of1\.bin is a link\)/,
  );
  await rm(join(own, SHARD));
  await writeFile(join(own, 'inside.bin'), bytes);
  await symlink(join(own, 'inside.bin'), join(own, SHARD));
  const converted = await convertModel(path);
  expect(converted.nodes).toBeGreaterThan(0);
  converted.source.dispose();
});

const text = JSON.stringify(smallGraphModel().model);
const bytes = (...codes: number[]) => Uint8Array.from([...codes, ...new Array<number>(80).fill(7)]);

/** Files that are no model.json at all. */
const files: [string, string | Uint8Array, RegExp][] = [
  ['empty', '', /is empty: expected the model.json/],
  ['not JSON', 'hello', /is not JSON/],
  ['cut off', text.slice(0, text.length / 2), /is not JSON .*cut off or damaged/],
  [
    'cut off within a character',
    Uint8Array.of(0x7b, 0x22, 0xe2, 0x82),
    /is not UTF-8 text: it is cut off or damaged/,
  ],
  ['a list', '[]', /holds no JSON object/],
  ['nothing', 'null', /holds no JSON object/],
  ['another JSON object', '{"name":"x"}', /has no modelTopology/],
  [
    'the configuration of a Keras model',
    '{"class_name":"Model","config":{}}',
    /configuration of a Keras model/,
  ],
  [
    'a Keras .h5',
    bytes(0x89, 0x48, 0x44, 0x46, 13, 10),
    /Keras HDF5 file.*tensorflowjs_converter --input_format=keras/,
  ],
  ['a .keras archive', bytes(0x50, 0x4b, 3, 4), /is a zip archive, such as a .keras file/],
  [
    'a SavedModel',
    bytes(8, 1, 18, 5),
    /protocol buffer \(SavedModel or frozen graph\).*tensorflowjs_converter/,
  ],
  ['a frozen graph', bytes(10, 30, 10, 1, 120, 18, 1), /protocol buffer \(SavedModel or frozen graph\)/],
  ['a TensorFlow Lite file', bytes(28, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33), /is a TensorFlow Lite file/],
  ['compressed', bytes(0x1f, 0x8b, 8), /is compressed with gzip/],
];

test.each(files)('a file that is %s', async (_, contents, message) => {
  const path = join(folder, `file-${count++}`);
  await writeFile(path, contents);
  await refused(path, message);
});

test('what is no file', async () => {
  await refused(join(folder, 'nothing.json'), /\(ENOENT\): expected the model.json/);
  const empty = join(folder, 'folder');
  await mkdir(empty);
  await refused(empty, /is a folder: expected the model.json/);
  await writeFile(join(empty, 'saved_model.pb'), '');
  await refused(empty, /is a TensorFlow SavedModel.*tensorflowjs_converter --input_format=tf_saved_model/);
  const whole = join(folder, 'whole');
  await writeGraphModel(whole, smallGraphModel());
  await refused(whole, /is a folder: name the model.json in it/);
});

test('the command says it in one line, and leaves what stood under the name of its result', async () => {
  const own = join(folder, 'command');
  const broken = smallGraphModel();
  broken.files[SHARD] = new Uint8Array(31);
  await writeGraphModel(own, broken);
  await writeFile(join(own, 'old.onnx'), 'as it was');
  const { code, stdout, stderr } = await scorebridge(own, ['convert', 'model.json', '--out', 'old.onnx']);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^scorebridge: The weights in .* take 32 bytes, but there are 31[^\n]*\n$/);
  expect(await readFile(join(own, 'old.onnx'), 'utf8')).toBe('as it was');
  expect((await readdir(own)).sort()).toEqual([SHARD, 'model.json', 'old.onnx']);
});
