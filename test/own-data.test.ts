import { normals, readCard, uniforms } from '@scorebridge/runtime';
import { mkdir, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scorebridge } from './support/command.js';

const seed = 11;
const PER_CLASS = 6;
let folder: string;

/** A picture of noise: the same for the same number. */
async function writePicture(path: string, number: number, height: number, width: number): Promise<void> {
  const numbers = uniforms(new Float32Array(height * width * 3), { seed, sample: number });
  await sharp(
    Uint8Array.from(numbers, (u) => Math.floor(256 * u)),
    { raw: { height, width, channels: 3 } },
  ).toFile(path);
}

/** A float32 array as NumPy writes it. */
function npy(type: string, shape: readonly number[], data: Float32Array | Uint8Array): Uint8Array {
  const header =
    `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117) + '\n';
  const start = Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'), Buffer.from(header)]);
  return Buffer.concat([start, new Uint8Array(data.buffer)]);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-own-'));
  let number = 0;
  for (const [at, names] of [
    ['photos', ['']],
    ['pets', ['cats', 'dogs']],
  ] as const)
    for (const name of names) {
      await mkdir(join(folder, at, name), { recursive: true });
      for (let i = 0; i < PER_CLASS; i++)
        await writePicture(join(folder, at, name, `${i}.${i % 2 ? 'png' : 'jpg'}`), number++, 40, 36 + i);
    }
  await mkdir(join(folder, 'arrays'));
  const values = normals(new Float32Array(10 * 8 * 12 * 2), { seed }).map((z) => Math.tanh(z));
  await writeFile(join(folder, 'arrays', 'x.npy'), npy('<f4', [10, 8, 12, 2], values));
  await writeFile(
    join(folder, 'arrays', 'labels.npy'),
    npy(
      '|u1',
      [10],
      Uint8Array.from({ length: 10 }, (_, i) => i % 3),
    ),
  );
  await mkdir(join(folder, 'nothing'));
});
afterAll(() => rm(folder, { recursive: true }));

const set = (options: Readonly<Record<string, unknown>>) =>
  Object.entries(options).flatMap(([name, value]) => ['--set', `${name}=${JSON.stringify(value)}`]);
const tiny = [
  ...['--batch', '4', '--threads', '1', '--provider', 'cpu'],
  ...set({ warmup: 1, network: { base: 8, groups: 4, multipliers: [1], attention: [] } }),
];
const small = set({ images: { height: 8, width: 8 } });

async function run(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await scorebridge(folder, args);
  expect(code, `${args.join(' ')}: ${stderr}`).toBe(0);
  return stdout;
}

/** Trains two steps, exports where the data are no more, draws samples, and returns the card and their shape. */
async function fromDataToSamples(data: string, options: readonly string[]) {
  const place = join(folder, 'used');
  await run('train', 'pictures', '--data', data, '--steps', '2', '--out', place, ...tiny, ...options);
  await run('export', place, '--out', 'used.onnx');
  await rm(place, { recursive: true });
  await run('sample', 'used.onnx', '--count', '3', '--steps', '3', '--seed', '5', '--npy', 'used.npy');
  const card = readCard(await readFile(join(folder, 'used.onnx')));
  const [, shape] = /'shape': \(([^)]*)\)/.exec(
    (await readFile(join(folder, 'used.npy'))).toString('latin1'),
  )!;
  return { card, shape };
}

test('a folder of images: trained, exported and sampled, with its folders as classes', async () => {
  const { card, shape } = await fromDataToSamples('pets', [
    ...small,
    ...set({ labels: true, licence: 'CC0-1.0' }),
  ]);
  expect(shape).toBe('3, 8, 8, 3');
  expect(card).toMatchObject({
    shape: [8, 8, 3],
    classes: { count: 2, names: ['cats', 'dogs'], unconditional: 2 },
    dataset: { name: 'pets', licence: 'CC0-1.0' },
  });
  expect(
    await run('sample', 'used.onnx', '--count', '2', '--steps', '2', '--label', '0,1', '--out', 'pets.png'),
  ).toContain('pets.png');
});

test('an .npy array, with labels beside it and without', async () => {
  const { card, shape } = await fromDataToSamples('arrays', set({ dataset: 'npy', labels: true }));
  expect(shape).toBe('3, 8, 12, 2');
  expect(card).toMatchObject({
    shape: [8, 12, 2],
    classes: { count: 3 },
    dataset: { name: 'arrays', licence: 'unknown' },
  });
  const alone = await fromDataToSamples('arrays/x.npy', set({ dataset: 'npy', datasetName: 'waves' }));
  expect(alone.card).toMatchObject({ shape: [8, 12, 2], classes: null, dataset: { name: 'waves' } });
});

test('Ctrl-C and the same command end with the bits of a run in one go, images mirrored or not as before', async () => {
  const STEPS = 300;
  const train = [
    'train',
    'pictures',
    '--data',
    'photos',
    '--steps',
    `${STEPS}`,
    ...tiny,
    ...small,
    '--json',
    ...set({ flip: true }),
  ];
  const checkpoint = async (stdout: string) =>
    readFile(join(folder, (JSON.parse(stdout) as { checkpoint: string }).checkpoint));
  const whole = await checkpoint(await run(...train, '--out', 'whole'));
  const stopped = await scorebridge(folder, [...train, '--out', 'parts'], {
    interruptOn: `step 1/${STEPS}`,
  });
  expect([stopped.code, stopped.stdout], stopped.stderr).toEqual([130, '']);
  expect(Number(/Stopped at step (\d+)/.exec(stopped.stderr)![1])).toBeLessThan(STEPS);
  expect((await checkpoint(await run(...train, '--out', 'parts'))).equals(whole)).toBe(true);

  // Other images are another run.
  await writePicture(join(folder, 'photos', 'new.png'), 99, 20, 20);
  const other = await scorebridge(folder, [...train, '--out', 'parts']);
  await unlink(join(folder, 'photos', 'new.png'));
  expect(other.code).toBe(1);
  expect(other.stderr).toContain('parts holds a run of another configuration (data is');
});

test.each<[what: string, args: string[], sentence: string]>([
  ['no place', [], "The data set 'images' is a folder of your own: name it with --data."],
  ['a place that is not there', ['--data', 'none'], 'Cannot read none (ENOENT): name a folder of images'],
  ['a folder without images', ['--data', 'nothing'], 'There is no image in nothing'],
  [
    'images that are too small',
    ['--data', 'photos'],
    'None of the 6 images in photos can be used; the first is 0.jpg (it is 40 x 36, smaller than 64 x 64)',
  ],
  [
    'more than memory holds',
    ['--data', 'photos', ...set({ images: { height: 4e6, width: 4e6 } })],
    '6 images of 4000000 x 4000000 x 3 take 288,000 GB of memory',
  ],
  ['a fit that does not exist', ['--data', 'photos', ...set({ 'images.fit': 'pad' })], "at 'images.fit'"],
  ['vectors', ['--data', 'arrays/labels.npy', ...set({ dataset: 'npy' })], 'a U-Net learns images'],
  [
    'labels that are not there',
    ['--data', 'photos', ...set({ labels: true })],
    'sort the images into a folder for each class',
  ],
])('%s: one line on stderr, exit code 1, nothing written', async (_, args, sentence) => {
  const out = join(folder, 'refused');
  const { code, stdout, stderr } = await scorebridge(folder, [
    'train',
    'pictures',
    ...set({ images: { height: 64, width: 64 } }),
    '--out',
    out,
    ...tiny,
    ...args,
  ]);
  expect(stderr).toContain(sentence);
  expect(stderr.replace(/^Decoding .*\n/, '')).toMatch(/^scorebridge: [^\n]+\n$/);
  expect([code, stdout]).toEqual([1, '']);
  await expect(readFile(join(out, 'run.json'))).rejects.toThrow('ENOENT');
});

test('the commands of the README draw pictures from a folder of photos', async () => {
  const readme = await readFile(new URL('../training/README.md', import.meta.url), 'utf8');
  const [, block] = /## Your own pictures\n.*?```sh\n(.*?)```/s.exec(readme)!;
  const commands = block!
    .trim()
    .split('\n')
    .map((line) => line.replace(/ +#.*/, '').split(' '));
  expect(commands.map(([, , name]) => name)).toEqual(['train', 'export', 'sample']);
  for (const [npx, program, name, ...args] of commands) {
    expect([npx, program]).toEqual(['npx', 'scorebridge']);
    await run(name!, ...args, ...(name === 'train' ? ['--steps', '2', ...tiny] : []));
  }
  const { width, height } = await sharp(join(folder, 'photos-drawn.png')).metadata();
  expect(width).toBe(height);
  expect(readCard(await readFile(join(folder, 'photos.onnx')))).toMatchObject({
    shape: [32, 32, 3],
    dataset: { name: 'photos' },
  });
});
